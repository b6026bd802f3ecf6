"""Tools that a model may use. Each turns a text into a result, and never raises."""
