"""Ids of prompts with a system message, as each processor of transformers makes them: test/prompt/fixtures/system.json.

python test/golden/tools/system_prompts.py FOLDER... > test/prompt/fixtures/system.json

FOLDER: a checkpoint with its image0.png, as in test/golden/families; one without a chat template is left out.
"""
import json
import sys
from pathlib import Path

import transformers
from PIL import Image
from transformers import AutoImageProcessor, AutoProcessor

SYSTEM = "You see one picture. Answer in one word."
TEXT = "Is the star red or blue? \nAnswer the question using a single word or phrase."


def main():
    out = {"transformers": transformers.__version__, "system": SYSTEM, "text": TEXT, "folders": {}}
    for folder in map(Path, sys.argv[1:]):
        processor = AutoProcessor.from_pretrained(folder)
        processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        if not processor.chat_template:
            continue
        messages = [
            {"role": "system", "content": [{"type": "text", "text": SYSTEM}]},
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": TEXT}]},
        ]
        prompt = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        messages[1]["content"][0]["image"] = Image.open(folder / "image0.png").convert("RGB")
        options = {"add_generation_prompt": True, "tokenize": True, "return_dict": True, "return_tensors": "pt"}
        ids = processor.apply_chat_template(messages, **options)["input_ids"][0]
        out["folders"][folder.name] = {"prompt": prompt, "ids": [int(i) for i in ids]}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
