"""The study of odds: how much material does skill buy back?"""
