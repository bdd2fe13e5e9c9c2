"""From blood draw to a lot in a bag: yields, failures, waiting."""
