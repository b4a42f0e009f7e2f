"""Opens a folder of exports with the readers that other people wrote, and compares what they read.

    check.py FOLDER    where FOLDER/expected.json says for each format what every recording should say

Prints a line for each format; fails if one reads otherwise. A reader that is not installed is named, no failure.
"""

import contextlib
import csv
import html
import importlib
import json
import os
import pathlib
import sys

import no_torch


def need(module):
    """A reader, or Absent."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Absent(module) from error


class Absent(Exception):
    pass


def vtt(folder, wanted):
    webvtt = need("webvtt")
    for key, said in wanted.items():
        cues = list(webvtt.read(beside(folder, key, ".vtt")))
        if not said["content"]:
            same(key, len(cues), 0)
            continue
        same(key, len(cues), 1)
        same(key, html.unescape(cues[0].text), said["content"])
        same(key, cues[0].start_in_seconds, 0)
        near(key, seconds(cues[0].end), said["seconds"])
        same(key, cues[0].voice, said["speaker"])


def srt(folder, wanted):
    reader = need("srt")
    for key, said in wanted.items():
        blocks = list(reader.parse(beside(folder, key, ".srt").read_text("utf-8"), ignore_errors=False))
        if not said["content"]:
            same(key, len(blocks), 0)
            continue
        same(key, len(blocks), 1)
        same(key, blocks[0].content, said["content"])
        near(key, blocks[0].start.total_seconds(), 0)
        near(key, blocks[0].end.total_seconds(), said["seconds"])


def textgrid(folder, wanted):
    reader = need("textgrid")
    for key, said in wanted.items():
        grid = reader.TextGrid.fromFile(str(beside(folder, key, ".TextGrid")))
        same(key, [tier.name for tier in grid.tiers], [said["speaker"] or "speech"])
        (interval,) = grid.tiers[0].intervals
        same(key, interval.mark, said["content"])
        near(key, interval.minTime, 0)
        near(key, interval.maxTime, said["seconds"])


def textgrid_praatio(folder, wanted):
    need("praatio")
    reader = need("praatio.textgrid")
    for key, said in wanted.items():
        name = str(beside(folder, key, ".TextGrid"))
        grid = reader.openTextgrid(name, includeEmptyIntervals=True)
        (interval,) = grid.getTier(said["speaker"] or "speech").entries
        same(key, interval.label, said["content"])
        near(key, interval.end, said["seconds"])


def elan(folder, wanted):
    need("pympi")
    reader = need("pympi.Elan")
    for key, said in wanted.items():
        document = reader.Eaf(str(beside(folder, key, ".eaf")))
        tier = said["speaker"] or "speech"
        same(key, list(document.get_tier_names()), [tier])
        ((start, end, text),) = document.get_annotation_data_for_tier(tier)
        same(key, text or "", said["content"])
        same(key, (start, end), (0, round(said["seconds"] * 1000)))
        linked = document.get_linked_files()[0]["RELATIVE_MEDIA_URL"]
        same(key, linked, "./" + key.rsplit("/")[-1])


def audacity(folder, wanted):
    for key, said in wanted.items():
        (row,) = rows(beside(folder, key, ".txt"), "\t")
        near(key, float(row[0]), 0)
        near(key, float(row[1]), said["seconds"])
        same(key, row[2], said["content"])


def lhotse(folder, wanted):
    reader = need("lhotse")
    recordings = reader.RecordingSet.from_file(folder / "recordings.jsonl")
    supervisions = reader.SupervisionSet.from_file(folder / "supervisions.jsonl")
    reader.validate_recordings_and_supervisions(recordings, supervisions)
    lhotse_says(recordings, supervisions, wanted)


def kaldi(folder, wanted):
    need("lhotse")
    reader = need("lhotse.kaldi")
    # Paths are relative to where a recipe runs.
    with inside(folder):
        recordings, supervisions, _ = reader.load_kaldi_data_dir(folder, 16_000)
    names = dict(line.split(" ", 1) for line in (folder / "wav.scp").read_text("utf-8").splitlines())
    same("wav.scp", sorted(names.values()), sorted(wanted))
    recordings = list(recordings)
    for recording in recordings:
        same(recording.id, names[recording.id], path_in(folder, recording.sources[0].source))
    ids = [line.split(" ", 1)[0] for line in (folder / "utt2spk").read_text("utf-8").splitlines()]
    same("utt2spk", ids, sorted(ids, key=str.encode))
    for one in supervisions:
        said = wanted[names[one.id]]
        same(one.id, one.text, said["content"])
        same(one.id, one.speaker, (said["speaker"] or one.id).replace(" ", "=20"))


def lhotse_says(recordings, supervisions, wanted):
    same("recordings", sorted(one.id for one in recordings), sorted(wanted))
    labeled = {key: said for key, said in wanted.items() if said["content"] is not None}
    same("supervisions", sorted(one.id for one in supervisions), sorted(labeled))
    for one in supervisions:
        said = labeled[one.id]
        same(one.id, one.text, said["content"])
        same(one.id, one.speaker, said["speaker"])
        near(one.id, one.duration, said["seconds"])


def ljspeech(folder, wanted):
    found = {row[0]: row[1] for row in rows(folder / "metadata.csv", "|")}
    same("ids", found, {without_ending(key): said["content"] for key, said in wanted.items()})


def commonvoice(folder, wanted):
    found = {}
    for name in ("train.tsv", "dev.tsv", "test.tsv", "validated.tsv"):
        if (folder / name).exists():
            header, *table = rows(folder / name, "\t")
            found.update({row["path"]: row for row in (dict(zip(header, cells)) for cells in table)})
    same("clips", sorted(found), sorted(wanted))
    for key, said in wanted.items():
        same(key, found[key]["sentence"], said["content"])
        same(key, found[key]["client_id"] or None, said["speaker"])


def txt(folder, wanted):
    for key, said in wanted.items():
        same(key, beside(folder, key, ".txt").read_text("utf-8").rstrip("\n"), said["content"])


def audiofolder(folder, wanted):
    datasets = need("datasets")
    table = datasets.load_dataset(
        "audiofolder", data_dir=str(folder), split="train", cache_dir=str(folder.parent / "cache")
    ).cast_column("audio", datasets.Audio(decode=False))
    found = {path_in(folder, row["audio"]["path"]): row for row in table}
    same("files", sorted(found), sorted(wanted))
    for key, said in wanted.items():
        texts = [value for value in found[key].values() if isinstance(value, str)]
        if said["content"] and said["content"] not in texts:
            raise AssertionError(f"{key}: {said['content']!r} is not in {texts!r}")


CHECKS = {
    "vtt": [vtt],
    "srt": [srt],
    "textgrid": [textgrid, textgrid_praatio],
    "elan": [elan],
    "audacity": [audacity],
    "lhotse": [lhotse],
    "kaldi": [kaldi],
    "ljspeech": [ljspeech],
    "commonvoice": [commonvoice],
    "txt": [txt],
    "audiofolder": [audiofolder],
    "audiofolder-jsonl": [audiofolder],
}


def same(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} instead of {wanted!r}")


def near(what, got, wanted):
    if abs(got - wanted) > 0.001:
        raise AssertionError(f"{what}: {got} s instead of {wanted} s")


def seconds(clock):
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def rows(path, delimiter):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE))


@contextlib.contextmanager
def inside(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def without_ending(key):
    return key.rsplit(".", 1)[0]


def beside(folder, key, ending):
    return folder / (without_ending(key) + ending)


def path_in(folder, path):
    path = pathlib.Path(path)
    path = path.resolve() if path.is_absolute() else path
    return str(path.relative_to(folder.resolve()) if path.is_absolute() else path)


def main(folder):
    no_torch.install()
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    failed = False
    for name, wanted in expected.items():
        for check in CHECKS[name]:
            try:
                check(folder / name, wanted)
                print(f"{check.__name__}: {name} reads as it was written, {len(wanted)} recordings")
            except Absent as absent:
                print(f"{check.__name__}: not checked, {absent} is not installed")
            except Exception as error:
                failed = True
                print(f"{check.__name__}: {name}: {type(error).__name__}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
