"""Tables of networks and of their training: ``[network.NAME]``, ``[train]``."""


from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key, table_list
from lqcdnn.config.language.values import COUNT, INT64, Boolean, Either, Integer, ListOf, Number, Text
from lqcdnn.config.tables.loops import LOOPS

COUNT_FROM_0 = Integer(0, INT64)
SEED = Integer(0, INT64)
OF_LOOPS, HEX = "loops", "hex"
ADAM_RATE, WEIGHT_VARIANCE, COUPLING_VARIANCE = 1e-3, 1e-2, 1.0
"""Default rates: of Adam; of least squares for weights alone, and with couplings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerConfig:
    """``[[network.NAME.layer]]``: U' = exp(TA(sum of weight times loop)) U, or HEX smearing."""

    kind: str = key(
        Text((OF_LOOPS, HEX)),
        "sums of loops, or hypercubic exponential smearing with d - 1 weights, outermost level first",
        OF_LOOPS,
    )
    loops: tuple[str, ...] | None = key(
        ListOf(Text(LOOPS), distinct=True), "loops of this layer, one weight for each", when=("kind", OF_LOOPS)
    )
    attention: int | None = key(
        Integer(1, 64),
        "reach in links of attention, with four sets of weights: query, key, value, output; absent: no attention",
        None,
        when=("kind", OF_LOOPS),
    )
    channels: tuple[int, ...] | None = key(
        ListOf(Integer(1, 64), 0),
        "of a masked layer: hidden channels of a network that gives each link a weight of its own; absent: constants",
        None,
        when=("kind", OF_LOOPS),
    )
    sharing: str = key(Text(("shared", "direction")), "one weight for all link directions, or one for each", "shared")
    initial: float | tuple[float, ...] | str = key(
        Either((Number(), ListOf(Number()), Text(("random",)))),
        "first weights: one number for all, one for each loop or level, or random",
        0.0,
    )
    width: float | None = key(
        Number(above=0.0), "random weights lie in [-width, width]", 1e-3, when=("initial", "random")
    )
    seed: int | None = key(SEED, "seed of the random weights", 1, when=("initial", "random"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """``[network.NAME]``: a gauge-covariant network, layer by layer."""

    weights: str | None = key(
        Text(pattern=r"[^\x00-\x1f]+", meaning="the path of a weights file"),
        "weights file; absent: trained first if there is a [train] table, else the initial weights",
        None,
    )
    masked: bool | None = key(
        Boolean(),
        "a field transformation: each layer turns the links of one direction and parity after the other",
        None,
    )
    layer: tuple[LayerConfig, ...] = table_list(LayerConfig, "one table for each layer, in order", at_least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """``[train]``: fit the weights of one network, or couplings of the guide, to the exact action."""

    network: str | None = key(
        Text(pattern=r"[A-Za-z0-9_-]+", meaning="the name of a network"),
        "network to train",
        derived="the only network; none with couplings",
    )
    couplings: tuple[str, ...] | None = key(
        ListOf(
            Text(
                ("beta", "constant"),
                r"(term|fermion)\.[1-9][0-9]*",
                '"term.1" and so on, of [[guide.gauge.term]], "fermion.1" and so on, of [[guide.fermion]]',
            ),
            distinct=True,
        ),
        "couplings of the guide to train; constant is a number added to the guide's action in the loss",
        None,
    )
    mode: str = key(
        Text(("online", "offline")), "train during an HMC run with the exact action, or on stored files", "online"
    )
    configs: tuple[str, ...] | None = key(
        ListOf(Text(pattern=r"[^\x00-\x1f]+", meaning="a path or pattern such as run/configs/*.h5")),
        "configuration files to train on",
        when=("mode", "offline"),
    )
    trajectories: int = key(COUNT, "online: trajectories of the HMC run; offline: steps of the optimizer")
    thermalization: int | None = key(
        COUNT_FROM_0, "trajectories before training starts", derived="run.thermalization", when=("mode", "online")
    )
    loss: str = key(
        Text(("action", "force")), "what is compared at the same links and pseudofermions: actions or forces",
        "action",
    )
    optimizer: str = key(Text(("sgd", "adam", "least_squares")), "optimizer", "sgd")
    rate: float = key(
        Number(above=0.0),
        "learning rate; least_squares: variance of a weight about its start",
        derived=f"adam: {ADAM_RATE:g}; least_squares: {WEIGHT_VARIANCE:g}, {COUPLING_VARIANCE:g} with couplings other "
        "than constant; sgd: required",
    )
    beta1: float | None = key(
        Number(minimum=0.0, below=1.0), "memory of the gradient mean", 0.9, when=("optimizer", "adam")
    )
    beta2: float | None = key(
        Number(minimum=0.0, below=1.0), "memory of the squared gradient", 0.999, when=("optimizer", "adam")
    )
    epsilon: float | None = key(
        Number(above=0.0), "added to the root of the squared gradient", 1e-8, when=("optimizer", "adam")
    )
    base_beta: float | None = key(
        Number(minimum=0.0),
        "of a field transformation: V is drawn from the gauge action with this beta, which S[F(V)] - log J is to equal",
        None,
    )
    samples: str | None = key(
        Text(("base", "chain")),
        "of a field transformation: V of HMC with base_beta, or F^-1(U) along HMC of the run itself; absent: base",
        None,
        when=("mode", "online"),
    )
    batch: int = key(COUNT, "samples averaged in one optimizer step", 1)
    checkpoint_every: int | None = key(COUNT, "write a checkpoint every n steps; absent: every 30 seconds", None)
