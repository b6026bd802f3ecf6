"""What a model may use besides its own words: each tool turns a text into a result, and never raises."""
