"""From an address to a model: the kind of server, what it can do, and a check that this is true.

Kinds are recognised by endpoints that only they have (`/props`, `/version` with vLLM's list of models, `/model_info`).
A server of a known kind is sent tokens, and checked: the same place is read at temperature 0, at 1, and again. If the
log-probabilities differ, they are those after sampling and not the model's, and the capability is not claimed. Any
other server is sent text (`text.py`), and only what was shown by a probe is claimed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from functools import partial

from thinkaloud.errors import FatalError, ModelError, TextRefused, UserError
from thinkaloud.models.cuts import Cuts, Tokens, calibrate, trials
from thinkaloud.models.http.address import Address, parse, shown
from thinkaloud.models.http.client import CALLS, Client
from thinkaloud.models.http.engine import Remote
from thinkaloud.models.http.llama_server import llama_server
from thinkaloud.models.http.model import ServedModel, Spelling
from thinkaloud.models.http.served import About, Node, Served
from thinkaloud.models.http.sglang import sglang
from thinkaloud.models.http.vllm import vllm
from thinkaloud.models.loading import Loading
from thinkaloud.models.marks import Mark, cut_at, marks_of, spelled
from thinkaloud.models.profile import Profile
from thinkaloud.models.render import TurnFormat
from thinkaloud.vocabulary import Capability, Model, ModelCard

SAME = 1e-2
"""Nats by which two readings of the same place may differ. Half-precision servers that batch differ by less, a
temperature changes more."""


def open_http(spec: str, loading: Loading | None = None) -> Model:
    """A model from `http://HOST:PORT/v1?option=value#NAME` (https too; NAME may be left out where one is served)."""
    try:
        import httpx  # noqa: F401
    except ImportError as error:
        raise UserError("models behind servers need httpx: pip install 'thinkaloud[http]'") from error
    address = parse(spec)
    return CALLS.wait(_open(address, loading or Loading(), shown(spec)))


async def _open(address: Address, loading: Loading, spec: str) -> Model:
    client = Client(address)
    try:
        found = await _recognised(client)
    except ModelError as error:  # no server there: for the user to fix, before there is a run
        raise UserError(str(error)) from error
    if found is None:
        from thinkaloud.models.http.text import open_text

        return await open_text(client, loading)
    return await _served(client, found, loading)


async def _recognised(client: Client) -> Served | None:
    """A server of a known kind, or None."""
    name = client.address.name
    return await llama_server(client) or await vllm(client, name) or await sglang(client, name)


async def _the_same(address: Address, digest: str) -> None:
    """`FatalError` if another model than this answers at the address now, `ModelError` if that cannot be told. Asked by
    a client of its own, since this one is being waited for."""
    client = Client(address)
    try:
        found = await _recognised(client)
    finally:
        await client.close()
    if found is None:
        raise ModelError(f"{address.base} was away, and does not say which model it has now")
    if _digest(found.about) != digest:
        now = f"{found.about.kind} with {found.about.model!r}"
        raise FatalError(f"{address.base} was away and came back with another model than this run's: {now}")


async def _served(client: Client, server: Served, loading: Loading) -> ServedModel:
    about, wanted = server.about, client.address.name
    if wanted and wanted not in (about.model, about.model.rpartition("/")[2]):
        raise UserError(f"{client.address.base} serves {about.model!r}, not {wanted!r}")
    turns = await server.turn_format(loading.format, loading.profile)
    marks = await _marks(server, turns.profile)
    server.shown = [mark.text for mark in marks]
    lowering = Spelling(turns, await server.bos(turns.form), cut_at(await _cuts(server, turns), marks))
    connections = client.address.connections
    cells = min(loading.context, about.context) if about.context else loading.context
    engine = Remote(server, cells, connections)
    trust, why = await probe(server)
    able: set[Capability] = {"prefill", "raw_reasoning"}
    card = ModelCard(
        name=about.model.rpartition("/")[2] or about.model,
        backend="http",
        digest=f"served:{_digest(about)}",
        format=turns.form,
        precision="as served: the server decides (docs/servers.md says how to start it for exact numbers)",
        context=cells,
        capabilities=frozenset(able | {"logprobs"} if trust else able),
        details={
            "server": f"{about.kind} {about.version}",
            "address": client.address.base,
            **about.details,
            "log-probabilities checked": why,
            "weights known by": f"what the server says of them ({', '.join(about.identity)}): others that it describes "
            "alike are taken for the same",
            **turns.notes,
        },
    )
    client.known = partial(_the_same, client.address, _digest(about))
    return ServedModel(card, lowering, engine, client)


async def _marks(server: Served, profile: Profile | None) -> tuple[Mark, ...]:
    """The marks of its think block that are tokens of the server's vocabulary."""
    known: dict[tuple[str, bool], Tokens | TextRefused] = {}
    for one in itertools.product(spelled(profile) if profile else (), (True, False)):
        try:
            (known[one],) = await server.tokenize([one])
        except TextRefused as error:
            known[one] = error

    def tokenize(text: str, special: bool) -> Tokens:
        found = known[text, special]
        if isinstance(found, TextRefused):
            raise found
        return found

    return marks_of(profile, tokenize)


async def _cuts(server: Served, turns: TurnFormat) -> Cuts:
    """Where texts may be cut, verified with the server's own tokenizer."""
    asked = trials()
    tokens = dict(zip(asked, await server.tokenize(asked), strict=True))
    controls = await server.controls(turns)
    return Cuts(calibrate(tokens), controls, controls)


def _digest(about: About) -> str:
    said = json.dumps([about.kind, about.identity], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


async def probe(server: Served) -> tuple[bool, str]:
    """Whether the log-probabilities are the model's own, and how that was checked: they must not change with the
    temperature, must be negative, and the probabilities must sum to at most 1."""
    texts = ("Question: What is 2 + 3?\nAnswer: The answer is", " 5", " 4", " 7", " the")
    prompt, *options = await server.tokenize([(text, False) for text in texts])
    wanted = tuple(sorted({option[-1] for option in options}))
    node = Node((*await server.bos("completion"), *prompt), wanted)
    try:
        cold, warm, again = [await server.read(node, 0, temperature) for temperature in (0.0, 1.0, 0.0)]
    except (ModelError, UserError) as error:
        return False, f"none are given: {error}"
    missing = [token for token in wanted if not {token} <= set(cold.logprobs) & set(warm.logprobs)]
    if missing:
        return False, f"none are given for {len(missing)} of {len(wanted)} tokens"
    moved = max(abs(cold.logprobs[t] - warm.logprobs[t]) for t in wanted)
    noise = max(abs(cold.logprobs[t] - again.logprobs[t]) for t in wanted)
    if moved > max(SAME, 3 * noise):
        return False, f"they move with the temperature (by {moved:.2g} nats): those after sampling, not the model's"
    return True, f"the same at temperature 0 and 1 (within {moved:.1e} nats, {noise:.1e} asked twice)"
