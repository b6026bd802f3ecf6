"""What does training do to the words?"""
