"""Judgements: is a run fit to be quoted?"""
