"""Buttons (按钮): what pressing one says is signed, so that nobody can make up a press.

The data of a button is an 8-character signature followed by the words it says, at most 64 bytes in all. Why the
signature names the account and not the chat stands in docs/decisions/buttons.md.
"""

import base64
import hmac

from storage.sealing import MasterKey

MOST_BYTES = 64
SIGNATURE = 8


class Buttons:
    """Packs and unpacks the data of the buttons of one account."""

    def __init__(self, keys: MasterKey, account: str) -> None:
        self._keys, self._purpose = keys, f"button|{account}"

    def pack(self, does: str) -> str:
        """The data of a button that says `does`; raises ValueError where that is more than 64 bytes."""
        data = self._signature(does) + does
        if len(data.encode()) > MOST_BYTES:
            raise ValueError("what a button says is too long")
        return data

    def unpack(self, data: str) -> str | None:
        """What the button says, or None where we never made such a button."""
        signature, does = data[:SIGNATURE], data[SIGNATURE:]
        try:
            genuine = hmac.compare_digest(signature.encode(), self._signature(does).encode())
        except UnicodeEncodeError:
            return None
        return does if genuine else None

    def _signature(self, does: str) -> str:
        return base64.urlsafe_b64encode(self._keys.sign(self._purpose, does, 6)).decode()
