"""Who answers: one file per backend. Strategies ask for one thing at a time; batching and prefix sharing live here."""
