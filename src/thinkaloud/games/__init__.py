"""Games of two players, of which one (the giver) may begin with less: rules, exact solutions, players, openings."""
