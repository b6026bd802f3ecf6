"""What a record and an estimate are made of: typed parts, typed names, and what may be relied on."""
