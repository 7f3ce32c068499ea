"""Reads units in the Unified Code for Units of Measure, case sensitive: its grammar, with the units of medicine.

https://ucum.org/ucum, version 2.2. Symbols that no measurement of a person has, such as those of typesetting, are left
out.
"""

import re

from models.messages import message
from resolvers.transactions import Step, invalid

LENGTH = 60
DEPTH = 5  # of parentheses

PREFIXES = """Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti"""
# Units that take a prefix.
METRIC = """
m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc g% cal cal_[15]
cal_[20] cal_m cal_IT cal_th [Cal] osm eq kat U [iU] [IU] Ci R B Np bit By Bd st dyn erg G P St Lmb ph sb Ky Gal
m[H2O] m[Hg] tex mho [S] B[SPL] B[V] B[mV] B[uV] B[W] B[kW]
"""
# Units that take none.
PLAIN = """
10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] deg gon ' '' circ min h d a a_t a_j a_g wk mo mo_s mo_j mo_g atm att [c]
[h] [k] [e] [m_e] [m_p] [G] [g] [ly] [in_i] [ft_i] [yd_i] [mi_i] [nmi_i] [kn_i] [sin_i] [sft_i] [cin_i] [cft_i]
[in_us] [ft_us] [gal_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] [min_us] [crd_us] [cup_us] [tbs_us] [tsp_us]
[gal_br] [qt_br] [pt_br] [foz_br] [fdr_br] [cup_m] [tsp_m] [tbs_m] [foz_m] [gr] [lb_av] [oz_av] [dr_av] [ston_av]
[stone_av] [oz_tr] [lb_tr] [oz_ap] [lb_ap] [dr_ap] [sc_ap] [lbf_av] [psi] [degF] [degR] [degRe] [in_i'H2O] [in_i'Hg]
[PRU] [wood'U] [diop] [p'diop] %[slope] [mesh_i] [Ch] [drp] [hnsf'U] [MET] [hp'_X] [hp'_C] [hp'_M] [hp'_Q] [hp_X]
[hp_C] [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] [HPF] [LPF] [pH] [Cal_20] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U]
[beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50]
[PFU] [FFU] [CFU] [IR] [BAU] [AU] [Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] [ELU] [EU] [Btu] [HP] REM RAD [RAD] [REM]
[m/s2/Hz^0.5] b
"""
UNITS = frozenset(
    (*PLAIN.split(), *METRIC.split(), *(prefix + unit for prefix in PREFIXES.split() for unit in METRIC.split()))
)

ANNOTATION = re.compile(r"\{[!-z|~]*\}")  # printable ASCII but braces
EXPONENT = re.compile(r"[+-]?[0-9]+")
FACTOR = re.compile(r"[1-9][0-9]*")
# A symbol: brackets hold what would otherwise end it. 10* and 10^ are units, and begin with digits.
SYMBOL = re.compile(r"10[*^]|(?:%|[A-Za-z]|'|\[[^\[\]\s]+\]|(?<=[A-Za-z])_)+")


class NotUcum(Exception):
    """The text is not a unit of UCUM."""


def ucum_in(text: str, *path: Step) -> str:
    """A unit of UCUM, such as `mmol/L`. Raises Refused: INVALID."""
    unit = text.strip()
    if not is_ucum(unit):
        raise invalid(message("This is not a unit of UCUM, such as mmol/L, mm[Hg] or kg."), *path)
    return unit


def is_ucum(text: str) -> bool:
    """Whether a text is a unit by the grammar of UCUM, and its symbols are those of UCUM."""
    if not 0 < len(text) <= LENGTH:
        return False
    try:
        return _term(text, 1 if text.startswith("/") else 0, DEPTH) == len(text)
    except NotUcum:
        return False


def _term(text: str, at: int, depth: int) -> int:
    """The place after the term that begins here: components, joined by points and slashes."""
    at = _component(text, at, depth)
    while at < len(text) and text[at] in "./":
        at = _component(text, at + 1, depth)
    return at


def _component(text: str, at: int, depth: int) -> int:
    if text[at : at + 1] == "(":
        if depth == 0:
            raise NotUcum
        at = _term(text, at + 1, depth - 1)
        if text[at : at + 1] != ")":
            raise NotUcum
        return at + 1
    if (noted := ANNOTATION.match(text, at)) is not None:
        return noted.end()
    symbol = SYMBOL.match(text, at)
    if symbol is not None:
        if symbol.group() not in UNITS:
            raise NotUcum
        at = symbol.end()
        raised = EXPONENT.match(text, at)
        at = at if raised is None else raised.end()
        noted = ANNOTATION.match(text, at)
        return at if noted is None else noted.end()
    factor = FACTOR.match(text, at)
    if factor is None:
        raise NotUcum
    return factor.end()
