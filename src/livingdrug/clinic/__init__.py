"""What a clinic does: protocol, signs and grades, management rules, response."""
