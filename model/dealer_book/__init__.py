"""The dealer book: option and note inventory to hedging demand and its slope."""

from model.dealer_book.book import Book
from model.dealer_book.demand import Demand, demand
from model.dealer_book.exposure import exposure, zero_gamma
from model.dealer_book.path import Path, Point, from_bars, from_moves
from model.dealer_book.profile import DealerProfile, profile
from model.dealer_book.read_book import book_from_chain, load_book
from model.dealer_book.sign import SignPrior

__all__ = [
    "Book",
    "DealerProfile",
    "Demand",
    "Path",
    "Point",
    "SignPrior",
    "book_from_chain",
    "demand",
    "exposure",
    "from_bars",
    "from_moves",
    "load_book",
    "profile",
    "zero_gamma",
]
