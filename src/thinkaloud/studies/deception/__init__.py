"""While a liar learns its trade, what do its readers report?"""
