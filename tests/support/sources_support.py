"""Write synthetic sources with their sources.toml."""

from __future__ import annotations

from pathlib import Path

from tests.proofs.sources.samples import END, START, Sample, samples

USED = ("flow_records", "flow_single", "yahoo", "cboe", "cftc", "dvol", "coinbase", "binance", "hourly")


def source_block(s: Sample) -> str:
    """The sample as a [[source]] of sources.toml."""
    spec, lines = (
        s.spec,
        [
            f'[[source]]\nname = "{s.name}"\nreader = "{s.spec.reader}"\n'
            f'path = "{s.file}"\nclock = "{s.spec.clock}"'
        ],
    )
    lines += [
        f'stamp = "{spec.stamp}"',
        f"interval_minutes = {spec.interval_minutes}",
        f"funds_complete = {str(spec.funds_complete).lower()}",
    ]
    if spec.fetched_at is not None:
        lines.append(f"fetched_at = {spec.fetched_at.isoformat()}")
    options = ", ".join(f"{k} = {_toml(v)}" for k, v in spec.options.items())
    lines.append(f"options = {{ {options} }}")
    for x in spec.series:
        fields = ", ".join(f'"{k}" = "{v}"' for k, v in x.fields.items())
        named = f"fields = {{ {fields} }}" if "" not in x.fields else f'field = "{x.fields[""]}"'
        lines.append(
            f'\n[[source.series]]\nrole = "{x.role}"\nunit = "{x.unit}"\n'
            f"plausible = [{x.plausible[0]}, {x.plausible[1]}]\n{named}"
        )
    return "\n".join(lines)


def _toml(v: object) -> str:
    if isinstance(v, dict):
        return "{ " + ", ".join(f"{k} = {_toml(x)}" for k, x in v.items()) + " }"
    if isinstance(v, list):
        return "[" + ", ".join(_toml(x) for x in v) + "]"
    return str(v) if isinstance(v, int | float) else f'"{v}"'


def write_sources(folder: Path, names: tuple[str, ...] = USED, extra: str = "") -> Path:
    """Files and sources.toml in `folder`; the path of the latter."""
    chosen = [s for s in samples() if s.name in names]
    for s in chosen:
        (folder / s.file).write_bytes(s.blob())
    head = f'[panel]\nstart = {START}\nend = {END}\nuniverse = "us-spot-btc"\n\n'
    path = folder / "sources.toml"
    path.write_text(
        head
        + "\n\n".join(source_block(s) for s in sorted(chosen, key=lambda s: names.index(s.name)))
        + "\n"
        + extra
    )
    return path
