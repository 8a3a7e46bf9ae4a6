"""Records every key that the Python classes take from a checkpoint's files: test/checkpoint/fixtures/python-keys.json.

Sources are parsed, not imported, so one run reads several versions of transformers (and a clone of
github.com/haotian-liu/LLaVA):

python test/golden/tools/config_keys.py --llava LLAVA TRANSFORMERS... > test/checkpoint/fixtures/python-keys.json
python test/golden/tools/config_keys.py TRANSFORMERS... > test/families/fixtures/python-keys.json

LLAVA and TRANSFORMERS are folders that hold the packages `llava` and `transformers`, as pip or a clone leaves them.
Without --llava the keys of the families in FAMILIES are written, by family and file.

A key of a class is a field that is declared in its body, a parameter of its `__init__`, or a name that the class takes
from its keyword arguments or reads of its config; those of its base classes count too.
"""
import argparse
import ast
import json
import re
from pathlib import Path

# kind -> classes whose keys it has
KINDS = {
    "model": ["LlavaConfig", "LlavaNextConfig"],
    "text": ["LlamaConfig", "MistralConfig"],
    "rope": ["RopeParameters"],
    "vision": ["CLIPVisionConfig"],
    "clip": ["CLIPConfig"],
    "image processor": [
        "CLIPImageProcessor", "CLIPImageProcessorPil", "LlavaImageProcessorPil", "LlavaNextImageProcessor",
        "LlavaNextImageProcessorPil", "ImagesKwargs", "LlavaNextImageProcessorKwargs", "LlavaNextImagesKwargs",
    ],
    "processor": ["LlavaProcessor", "LlavaNextProcessor"],
    "generation": ["GenerationConfig"],
    "tokenizer": ["LlamaTokenizer", "LlamaTokenizerFast", "TokenizersBackend", "PreTrainedTokenizerFast", "AddedToken"],
}  # fmt: skip
# family -> file -> classes whose keys it has; a file's names are those of src/core/families/family.ts
FAMILIES = {
    "idefics3": {
        "config": ["Idefics3Config", "SmolVLMConfig"], "text": ["LlamaConfig"],
        "vision": ["Idefics3VisionConfig", "SmolVLMVisionConfig"],
        "image": ["Idefics3ImageProcessor", "Idefics3ImageProcessorPil", "SmolVLMImageProcessor",
                  "SmolVLMImageProcessorPil", "Idefics3ImageProcessorKwargs", "SmolVLMImageProcessorKwargs"],
        "processor": ["Idefics3Processor", "SmolVLMProcessor"],
    },
    "qwen2_vl": {
        "config": ["Qwen2VLConfig", "Qwen2VLTextConfig"], "text": ["Qwen2VLTextConfig"],
        "vision": ["Qwen2VLVisionConfig"], "processor": ["Qwen2VLProcessor"],
        "image": ["Qwen2VLImageProcessor", "Qwen2VLImageProcessorPil", "Qwen2VLImageProcessorKwargs"],
    },
    "qwen2_5_vl": {
        "config": ["Qwen2_5_VLConfig", "Qwen2_5_VLTextConfig"], "text": ["Qwen2_5_VLTextConfig"],
        "vision": ["Qwen2_5_VLVisionConfig"], "processor": ["Qwen2_5_VLProcessor"],
        "image": ["Qwen2VLImageProcessor", "Qwen2VLImageProcessorPil", "Qwen2VLImageProcessorKwargs"],
    },
    "qwen3_vl": {
        "config": ["Qwen3VLConfig"], "text": ["Qwen3VLTextConfig"], "vision": ["Qwen3VLVisionConfig"],
        "image": ["Qwen2VLImageProcessor", "Qwen2VLImageProcessorPil", "Qwen2VLImageProcessorKwargs"],
        "processor": ["Qwen3VLProcessor"],
    },
    "internvl": {
        "config": ["InternVLConfig"], "text": ["Qwen2Config"], "vision": ["InternVLVisionConfig"],
        "image": ["GotOcr2ImageProcessor", "GotOcr2ImageProcessorPil", "GotOcr2ImageProcessorKwargs"],
        "processor": ["InternVLProcessor"],
    },
    "llava_onevision": {
        "config": ["LlavaOnevisionConfig"], "text": ["Qwen2Config"], "vision": ["SiglipVisionConfig"],
        "image": ["LlavaOnevisionImageProcessor", "LlavaOnevisionImageProcessorPil",
                  "LlavaOnevisionImageProcessorKwargs"],
        "processor": ["LlavaOnevisionProcessor"],
    },
    "gemma3": {
        "config": ["Gemma3Config"], "text": ["Gemma3TextConfig"], "vision": ["SiglipVisionConfig"],
        "image": ["Gemma3ImageProcessor", "Gemma3ImageProcessorPil", "Gemma3ImageProcessorKwargs"],
        "processor": ["Gemma3Processor"],
    },
    "paligemma": {
        "config": ["PaliGemmaConfig"], "text": ["GemmaConfig"], "vision": ["SiglipVisionConfig"],
        "image": ["SiglipImageProcessor", "SiglipImageProcessorPil"], "processor": ["PaliGemmaProcessor"],
    },
}  # fmt: skip
# Decoders that several families may have.
DECODERS = {"qwen3": ["Qwen3Config"], "mistral": ["MistralConfig"], "llama": ["LlamaConfig"]}
MODELS = [
    "llama", "mistral", "clip", "llava", "llava_next", "idefics3", "smolvlm", "qwen2_vl", "qwen2_5_vl", "qwen3_vl",
    "internvl", "llava_onevision", "gemma3", "paligemma", "got_ocr2", "siglip", "gemma", "qwen2", "qwen3",
]  # fmt: skip
# Some versions have no such file.
FILES = [
    "configuration_utils.py", "modeling_rope_utils.py", "processing_utils.py", "image_processing_base.py",
    "image_processing_utils.py", "image_processing_backends.py", "tokenization_utils_base.py",
    "tokenization_utils_fast.py", "tokenization_utils_tokenizers.py", "generation/configuration_utils.py",
] + [
    f"models/{model}/{part}_{model}{more}.py"
    for model in MODELS
    for part, more in [
        ("configuration", ""), ("processing", ""), ("image_processing", ""), ("image_processing_pil", ""),
        ("tokenization", ""), ("tokenization", "_fast"),
    ]
]  # fmt: skip
# Parts of classes that are no key of a file.
NOT_KEYS = {
    "self", "cls", "args", "kwargs", "images", "text", "tokenizer_object", "__slow_tokenizer", "vocab_file",
    "tokenizer_file", "gguf_file", "vocab", "merges", "tokenizer", "optional_call_args", "_further_process_kwargs",
    "default_rope_type", "pop",
}  # fmt: skip
# Class attributes that describe the class.
META = re.compile(
    r"^(model_type|base_config_key|sub_configs.*|attribute_map|base_model_.*_plan|keys_to_ignore.*|valid_kwargs|"
    r"model_input_names|unused_kwargs|attributes|optional_attributes|.*_class|extra_.*files|has_no_defaults_at_init|"
    r"is_composition|valid_processor_kwargs|slow_image_processor_class|vocab_files_names|padding_side|truncation_side|"
    r"default_theta|ignore_keys_at_rope_validation|.*_init_configuration|max_model_input_sizes|can_save_slow_tokenizer|"
    r"SPECIAL_TOKENS_ATTRIBUTES|__.*|_auto_class|is_fast|model|rescale_factor_name|processor_config_keys)$"
)


def name_of(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def text_of(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def taken_from_kwargs(body):
    """kwargs.pop("x"), kwargs.get("x"), kwargs["x"], "x" in kwargs."""
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "get"):
            if name_of(node.func.value) == "kwargs" and node.args and text_of(node.args[0]):
                yield text_of(node.args[0])
        if isinstance(node, ast.Subscript) and name_of(node.value) == "kwargs" and text_of(node.slice):
            yield text_of(node.slice)
        if isinstance(node, ast.Compare) and name_of(node.comparators[0]) == "kwargs" and text_of(node.left):
            yield text_of(node.left)


def own_keys(cls):
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node.annotation):
            yield name_of(node.target)
        elif isinstance(node, ast.Assign):
            yield from (name_of(t) for t in node.targets)
            if name_of(node.targets[0]) in ("attribute_map", "SPECIAL_TOKENS_ATTRIBUTES"):
                for inner in ast.walk(node.value):
                    if text_of(inner):
                        yield text_of(inner)
        elif isinstance(node, ast.FunctionDef):
            if node.name == "__init__":
                yield from (a.arg for a in node.args.args + node.args.kwonlyargs)
            if node.name in ("__init__", "__post_init__", "convert_rope_params_to_dict", "standardize_rope_params"):
                yield from taken_from_kwargs(node)


def classes_in(folder):
    found = {}
    for file in FILES:
        path = folder / file
        if path.exists():
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    found[node.name] = node
    return found


def keys_of(name, found, seen=()):
    cls = found.get(name)
    if cls is None or name in seen:
        return set()
    keys = {k for k in own_keys(cls) if k and k not in NOT_KEYS and not META.match(k)}
    for base in cls.bases:
        keys |= keys_of(name_of(base), found, (*seen, name))
    return keys


def original_keys(folder):
    """What the code reads or writes of `config` (or of the arguments it is built from)."""
    keys = set()
    reads = re.compile(r"(?:config|cfg|vision_tower_cfg|model_cfg|args)\.([a-z]\w*)")
    getattrs = re.compile(r"getattr\((?:self\.|model\.|model_)?(?:config|cfg|args|vision_tower_cfg), ['\"](\w+)['\"]")
    for file in sorted(folder.glob("model/**/*.py")) + [folder / "mm_utils.py", folder / "train/train.py"]:
        if re.search(r"mpt|apply_delta|make_delta|consolidate", file.name):  # other models, and tools
            continue
        text = file.read_text()
        if file.name == "train.py":
            keys |= set(re.findall(r"model\.config\.([a-z]\w*)\s*=[^=]", text))
            continue
        keys |= set(getattrs.findall(text)) | set(reads.findall(text))
    return keys - NOT_KEYS - {"pretrain_mm_mlp_adapter", "vision_tower", "save_pretrained", "from_pretrained"}


def version_of(folder):
    text = (folder / "__init__.py").read_text()
    return re.search(r'__version__ = "([^"]+)"', text).group(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--llava", type=Path)
    parser.add_argument("transformers", type=Path, nargs="+")
    given = parser.parse_args()
    folders = [folder / "transformers" for folder in given.transformers]
    result = {"versions": [version_of(f) for f in folders], "keys": {}}
    found = [classes_in(folder) for folder in folders]

    def keys(names):
        assert all(any(name in f for f in found) for name in names), names
        return sorted(set().union(*(keys_of(name, f) for name in names for f in found)))

    if given.llava is None:
        result["keys"] = {id: {file: keys(names) for file, names in of.items()} for id, of in FAMILIES.items()}
        result["decoders"] = {name: keys(names) for name, names in DECODERS.items()}
        print(json.dumps(result, indent=1))
        return
    for kind, names in KINDS.items():
        result["keys"][kind] = keys(names)
    result["keys"]["original"] = sorted(original_keys(given.llava / "llava"))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
