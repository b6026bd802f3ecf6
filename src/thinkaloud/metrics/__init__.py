"""From records to estimates: one short file per number. Start with `channels`."""
