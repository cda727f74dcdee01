"""Registry of mechanisms: a fifth is one file and one line here."""

from model.mechanisms.components import basis, crypto_native, dealer, directional, multi_asset
from model.mechanisms.components.base import Component, Response, Shock, State

COMPONENTS: tuple[Component, ...] = (
    basis.COMPONENT,
    dealer.COMPONENT,
    multi_asset.COMPONENT,
    directional.COMPONENT,
    crypto_native.COMPONENT,
)

__all__ = ["COMPONENTS", "Component", "Response", "Shock", "State"]
