"""Does taking questions apart beat good prompting at a matched budget?"""
