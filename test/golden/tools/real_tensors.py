"""Names and shapes of a real checkpoint's tensors, from its config and its Python class: test/golden/real/*/tensors.json.

python test/golden/tools/real_tensors.py test/golden/real/*/

The class is built without weights (meta device). Names are those of its state; a tied head is left out, unless its folder is
listed in OWN_HEAD, whose published files are known to have one. An entry is a count and a shape: equal layers stand once, as
`layers.*.` with their number; any other tensor has the count 0.
"""
import json
import re
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForImageTextToText

OWN_HEAD = {"SmolVLM-256M-Instruct", "InternVL3-1B-hf"}


def main():
    for folder in map(Path, sys.argv[1:]):
        config = AutoConfig.from_pretrained(folder)
        with torch.device("meta"):
            model = AutoModelForImageTextToText.from_config(config)
        state = {name: list(t.shape) for name, t in model.state_dict().items()}
        tied = model._tied_weights_keys or {}
        text = config.get_text_config()
        is_tied = bool(getattr(config, "tie_word_embeddings", False) or getattr(text, "tie_word_embeddings", False))
        if is_tied and folder.name not in OWN_HEAD:
            for name in [n for n in state if n.endswith("lm_head.weight")]:
                del state[name]
        groups = {}
        for name, shape in state.items():
            match = re.search(r"\.(\d+)\.", name)
            key = name if match is None else name[: match.start()] + ".*." + name[match.end() :]
            groups.setdefault(key, []).append((name, int(match.group(1)) if match else 0, shape))
        out = {}
        for key, group in groups.items():
            alike = all(shape == group[0][2] for _, _, shape in group) and [i for _, i, _ in group] == list(range(len(group)))
            if "*" in key and alike:
                out[key] = [len(group), *group[0][2]]
            else:
                out.update({name: [0, *shape] for name, _, shape in group})
        lines = [f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in out.items()]
        (folder / "tensors.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        total = sum(torch.Size(s).numel() for s in state.values())
        print(folder.name, type(model).__name__, len(state), total, "tied" if is_tied else "", tied if is_tied else "")


if __name__ == "__main__":
    main()
