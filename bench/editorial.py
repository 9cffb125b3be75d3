"""Prints the table of measures for the files that the example `editorial` wrote. Standard library only."""

import importlib.util
import itertools
import json
import pathlib
import sys

data, out = map(pathlib.Path, sys.argv[1:3])
base = data / "dev" if (data / "dev").is_dir() else data


def module(name):
    spec = importlib.util.spec_from_file_location(name, data / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


score = module("score")


def lines(file):
    return [json.loads(line) for line in open(file, encoding="utf8") if line.strip()]


def show(task, measure, value, least, aim):
    mark = "ok" if (value >= least if aim >= least else value <= least) else "MISSED"
    print(f"{task:44} {measure:28} {value:7.3f}   {least:6.3f}  {aim:6.3f}  {mark}")


def selection(name, pick):
    return score.selection(base / f"selection/{name}.issues.jsonl", out / f"selection.{pick}.jsonl")["nDCG@10"]


def auc(right, wrong):
    """The chance that an item with a guide scores above one without; ties count half."""
    pairs = [(r > w) + (r == w) / 2 for r in right for w in wrong]
    return sum(pairs) / len(pairs)


print(f"{'task':44} {'measure':28} {'value':>7}   {'least':>6}  {'aim':>6}")
if (base / "selection").is_dir():
    show("selection, links", "nDCG@10", selection("ai_links_weekly", "ai_links_weekly"), 0.22, 0.24)
    show("selection, links, taught", "nDCG@10", selection("ai_links_weekly", "ai_links_weekly.learned"), 0.22, 0.25)
    show("selection, papers", "nDCG@10", selection("papers_weekly", "papers_weekly"), 0.26, 0.30)
for name, least, aim, extra in [("ai_items", 0.91, 0.93, ["ai_items.ambiguous_pairs"]), ("news_events", 0.95, 0.98, [])]:
    ambiguous = [base / f"dedupe/{file}.jsonl" for file in extra]
    ambiguous = [file for file in ambiguous if file.exists()]
    found = score.dedupe(base / f"dedupe/{name}.jsonl", out / f"dedupe.{name}.jsonl", *ambiguous)
    show(f"same story, {name}", "pair F1", found["pair_F1"], least, aim)
show("told before", "R@1", score.repeats(base / "dedupe/repeats.jsonl", out / "repeats.jsonl")["recall"], 0.90, 0.95)
others = lines(out / "repeats.others.jsonl")
show("told before, its own not there", "found another", sum(line["repeat_of"] is not None for line in others) / len(others), 0.03, 0.01)


def pairs_of(groups):
    return {frozenset(pair) for group in groups for pair in itertools.combinations(group, 2)}


def wording(folder):
    """The set of short news in other words, and the stories of the shipped sample's weeks."""
    scorer = module("wording_score")
    for name in ["", "bare"]:
        found = scorer.stories(folder, lines(out / "wording" / name / "stories.jsonl"))
        note = ", without day and source" if name else ""
        print(f"  one story in other words{note}: same joined {found['same_joined']}, different joined {found['different_joined']}, others {found['other_wrong_joins']}")
        show(f"one story in other words{note}", "pair F1", found["pair_F1"], 0.60, 0.65)
    for name, read in [("follow", scorer.follow), ("pairing", scorer.pairing)]:
        for measure, value in read(folder, lines(out / f"wording/{name}.jsonl")).items():
            print(f"  {name}, {measure}: {value if isinstance(value, str) else round(value, 3)}")
    print("  follow, verdicts:", dict(sorted((line["id"], line["verdict"]) for line in lines(out / "wording/follow.jsonl"))))
    stories = {}
    for line in lines(out / "wording/sample.jsonl"):
        stories.setdefault((line["week"], line["story"]), []).append(line["id"])
    weeks = {id: week for (week, _), ids in stories.items() for id in ids}
    right = {pair for pair in pairs_of(json.load(open(folder / "sample_groups.json"))) if len({weeks.get(id) for id in pair}) == 1}
    joined = pairs_of(stories.values())
    hit = len(joined & right)
    show("the shipped sample's weeks", "pair F1", 2 * hit / max(1, len(joined) + len(right)), 0.70, 0.75)


if (base / "wording").is_dir():
    wording(base / "wording")

sets = ["docs", "hf_tasks", "peg", "simon_tags"]
found = {s: score.pairing(base / f"pairing/{s}.items.jsonl", out / f"pairing.{s}.jsonl") for s in sets}
for measure, least, aim in [("R@1", 0.68, 0.73), ("nDCG@5", 0.76, 0.80)]:
    for s in sets:
        print(f"  pairing, {s:33} {measure:28} {found[s][measure]:7.3f}")
    show("pairing, mean of the sets", measure, sum(f[measure] for f in found.values()) / len(sets), least, aim)
right = []
for s in sets:
    gold = {line["id"]: set(line["gold"]) for line in lines(base / f"pairing/{s}.items.jsonl")}
    answers = lines(out / f"pairing.{s}.jsonl")
    paired = [line["paired"] in gold[line["id"]] for line in answers if line["paired"]]
    right.append((sum(paired) / max(1, len(paired)), sum(paired) / len(answers)))
show("pairs that were right, mean of the sets", "share", sum(r[0] for r in right) / len(sets), 0.80, 0.90)
show("items paired rightly, mean of the sets", "share", sum(r[1] for r in right) / len(sets), 0.55, 0.65)
foreign = lines(out / "pairing.no_match.jsonl")
areas = []
for s in sets:
    right = [line["best"] for line in lines(out / f"pairing.{s}.jsonl")]
    areas.append(auc(right, [line["best"][s] for line in foreign]))
    print(f"  no guide fits, {s:27} {'AUC':28} {areas[-1]:7.3f}")
show("no guide fits, mean of the sets", "AUC", sum(areas) / len(areas), 0.98, 0.995)
shown = sum(len(line["guides"]) for line in foreign) / (len(foreign) * len(sets))
show("no guide fits", "wrong guides shown", shown, 0.02, 0.005)
found = score.urls(base / "dedupe/url_variants.jsonl", out / "urls.jsonl")
show("canonical URLs", "groups unified", found["groups_unified"], 0.95, 0.99)
show("canonical URLs", "keys shared by groups", float(found["keys_shared_by_different_groups"]), 0.0, 0.0)
