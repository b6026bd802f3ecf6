"""Do measures of change fall with the size of a model?"""
