"""Seleqt itself: keys, limiter, routing, and the functions by which a test or demo seeds it.

A plain object with an injected clock: ``handle`` takes a request and returns an answer, and the
work that would go on in the background is caught up with at the start of each call. Whoever owns
the object serialises the calls (``world.World`` does).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncd.sandbox.wire import Request, Response, answer_json

from . import refusals, routes
from .accounts import Account, Accounts, ApiKey
from .catalogue import Catalogue, LeadList
from .enrichment import Enrichment
from .knobs import Knobs
from .prospects import Prospect, Truth
from .refusals import Refusal, WrongField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from syncd.sandbox.clock import Clock

    from .meter import Meter
    from .webhooks import Delivery

Routes = dict[str, "Callable[[ApiKey, Request], Response]"]
PREFIX = "/api/v1/"


class Seleqt:
    """The vendor. ``balance`` opens the first account, in credits; equal seeds give equal runs."""

    def __init__(
        self, clock: Clock, knobs: Knobs | None = None, seed: int = 0, *, balance: int = 1000
    ) -> None:
        self.clock = clock
        self.knobs = knobs or Knobs()
        self.accounts = Accounts(seed)
        self.catalogue = Catalogue(self.knobs)
        self.enrichment = Enrichment(self.catalogue, self.accounts, self.knobs, seed)
        self.now: datetime = clock.now()
        self.account = self.accounts.open(balance, self.now)

    # --- seeding and looking -------------------------------------------------------------------

    @property
    def meter(self) -> Meter:
        return self.accounts.meter

    @property
    def balance(self) -> int:
        """The first account's credits."""
        return self.account.balance

    def add_account(self, balance: int) -> Account:
        """Open another account, with a workspace of its own."""
        return self.accounts.open(balance, self.clock.now())

    def add_key(
        self, name: str = "sandbox", *, account: Account | None = None, limit: int | None = None
    ) -> str:
        """Return a new key's text; ``limit`` (requests a minute) overrides the knob for it."""
        return self.accounts.add_key(account or self.account, name=name, limit=limit).text

    def rotate_key(self, text: str | None = None) -> str:
        """Replace a key, named by its text or prefix (default: the first), or raise ValueError."""
        for key in self.accounts.keys.values():
            if text in (None, key.text, key.prefix):
                return self.accounts.rotate(key)
        raise ValueError("no such key")

    def add_prospect(
        self, first_name: str = "Amara", last_name: str = "Reyes", **facts: Any
    ) -> Prospect:
        """Add a person. ``facts`` are fields of Prospect and of Truth (``email`` is a Truth).

        A value the vendor shows before anybody buys is ``known_email`` or ``known_phone``.
        """
        truth_fields = ("email", "waterfall", "phone", "stuck")
        truth = Truth(**{name: facts.pop(name) for name in truth_fields if name in facts})
        if truth.waterfall is None and truth.email is not None:
            truth = replace(truth, waterfall=truth.email)
        facts.setdefault("id", max(self.catalogue.prospects, default=1000) + 1)
        prospect = Prospect(
            first_name=first_name,
            last_name=last_name,
            email=facts.pop("known_email", None),
            phone=facts.pop("known_phone", None),
            truth=truth,
            **facts,
        )
        self.catalogue.add(prospect)
        return prospect

    def add_people(self, people: Iterable[Prospect]) -> list[int]:
        """Add people, such as ``invent_people`` returns; return their ids."""
        return [self._added(person) for person in people]

    def add_company(self, name: str) -> int:
        number = max(self.catalogue.companies, default=7000) + 1
        self.catalogue.companies[number] = name
        return number

    def add_list(
        self,
        name: str,
        search_type: str = "PEOPLE",
        ids: Iterable[int] = (),
        *,
        account: Account | None = None,
    ) -> LeadList:
        workspace = (account or self.account).workspace
        return self.catalogue.add_list(
            name, search_type, ids, workspace=workspace, now=self.clock.now()
        )

    def delete_list(self, list_id: int) -> None:
        """Make a list vanish, as somebody at the vendor's web page might. KeyError if unknown."""
        del self.catalogue.lists[list_id]

    def leads(self, list_id: int) -> list[dict[str, Any]]:
        """Return a PEOPLE list as the API would show it now, without a request."""
        self.advance()
        lead_list = self.catalogue.lists[list_id]
        members = self.catalogue.members(lead_list)
        return [routes.describe_lead(self, lead_list, one) for one in members]

    def spend(self, credits: int) -> None:
        """Let somebody outside spend from the first account, at most what is there."""
        self.enrichment.spend_outside(self.account, credits, self.clock.now())

    def top_up(self, credits: int) -> None:
        self.accounts.top_up(self.account, credits, self.clock.now())

    def audit(self) -> list[str]:
        """Return one sentence per account whose balance and meter disagree; empty is well."""
        return self.accounts.audit()

    # --- time ----------------------------------------------------------------------------------

    def advance(self) -> None:
        """Catch up with the clock: results, refunds and strangers' doings that have become due."""
        self.now = self.clock.now()
        self.enrichment.advance(self.now)

    def due_deliveries(self) -> list[Delivery]:
        """Take the webhooks that are due out of the queue, in order of their time."""
        self.advance()
        queue = self.enrichment.deliveries
        due = sorted((one for one in queue if one.due <= self.now), key=lambda one: one.due)
        self.enrichment.deliveries = [one for one in queue if one.due > self.now]
        return due

    # --- the API -------------------------------------------------------------------------------

    def classify(self, request: Request) -> str:
        """Return "spend", "write" or "read", for the journal."""
        path = request.path.rstrip("/")
        if request.method == "GET" or path.endswith("/search"):
            return "read"
        return "spend" if path.endswith("/enrichment") else "write"

    def handle(self, request: Request) -> Response:
        """Answer one request to ``/api/v1/...``; nothing changes unless the answer says success."""
        self.advance()
        try:
            return self._admit(request)
        except Refusal as refusal:
            return refusal.answer
        except WrongField as wrong:
            return wrong.answer(django=self.knobs.field_errors == "django")

    def _admit(self, request: Request) -> Response:
        table = self._routes(request.path)
        if not request.path.endswith("/"):
            return self._answer_without_slash(request)
        key = self._authenticate(request)
        sliding = self.knobs.limiter == "sliding"
        limit = key.limit or self.knobs.limit_per_minute
        wait = key.limiter.admit(self.now, limit=limit, sliding=sliding)
        if wait is not None:
            header = wait if self.knobs.limiter_headers == "retry_after" else None
            raise refusals.rate_limited(header)
        try:
            if not table:
                raise refusals.refuse("Not found", status=404)
            if request.method not in table:
                raise refusals.refuse("Method not allowed", status=405)
            return table[request.method](key, request)
        except (Refusal, WrongField):
            if not self.knobs.limiter_counts_errors:
                key.limiter.forget_last()
            raise

    def _authenticate(self, request: Request) -> ApiKey:
        text = request.headers.get("x-api-key", "").strip()
        if not text:
            raise refusals.missing_key()
        key = self.accounts.find_key(text)
        if key is None:
            raise refusals.invalid_key(self.knobs.invalid_key_body)
        return key

    def _answer_without_slash(self, request: Request) -> Response:
        known = bool(self._routes(f"{request.path}/"))
        if request.method != "GET" or not known or self.knobs.missing_slash == "refused":
            status = 400 if known else 404
            raise refusals.refuse("The path must end with a slash", status=status)
        query = f"?{request.query}" if request.query else ""
        return answer_json(301, {}, headers=[("Location", f"{request.path}/{query}")])

    def _routes(self, path: str) -> Routes:
        """Return a path's functions by method; empty for an unknown path."""
        if not (path.startswith(PREFIX) and path.endswith("/")):
            return {}
        match path.removeprefix(PREFIX).removesuffix("/").split("/"):
            case ["api-keys"]:
                return {"GET": lambda key, request: routes.list_keys(self, key, request)}
            case ["campaigns"]:
                return {"GET": routes.list_campaigns}
            case ["public", "lead-lists"]:
                return {
                    "GET": lambda key, request: routes.list_lists(self, key, request),
                    "POST": lambda key, request: routes.create_list(self, key, request),
                }
            case ["public", "prospects", "search"]:
                return {"POST": lambda _, request: routes.search_prospects(self, request)}
            case ["public", "lead-lists", number, *rest] if number.isascii() and number.isdigit():
                return self._list_routes(int(number), "/".join(rest))
        return {}

    def _list_routes(self, number: int, rest: str) -> Routes:
        def of(key: ApiKey) -> LeadList:
            lead_list = self.catalogue.lists.get(number)
            if lead_list is None or lead_list.workspace != key.account.workspace:
                raise refusals.list_not_found()
            return lead_list

        match rest:
            case "add-leads":
                return {"POST": lambda key, request: routes.add_leads(self, request, of(key))}
            case "leads":
                return {"GET": lambda key, request: routes.list_leads(self, request, of(key))}
            case "enrichment/count":
                return {
                    "GET": lambda key, request: routes.count_enrichment(self, key, request, of(key))
                }
            case "enrichment":
                return {"POST": lambda key, request: routes.enrich(self, key, request, of(key))}
        return {}

    def _added(self, person: Prospect) -> int:
        self.catalogue.add(person)
        return person.id
