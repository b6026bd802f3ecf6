"""Where does the ability live?"""
