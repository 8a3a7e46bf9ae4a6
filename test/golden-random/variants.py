"""Random checkpoints that golden.py does not make: other head sizes, one key/value head, tied embeddings, rotary scaling,
all features of the tower (class token too), other layers of it, other activations. Values as in golden.py.

variants.py OUT --tokenizer FILE [--seed S]   one folder per variant
"""
import argparse, builtins, os, shutil, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import golden

# name: (which folder of golden.py, changes of its text, vision and top-level config, whether boxes make sense)
VARIANTS = {
    "head-dim": ("llava-1.5-pad", dict(head_dim=20), {}, {}, True),
    "one-kv-head": ("llava-1.5-pad", dict(num_key_value_heads=1), {}, {}, True),
    "tied": ("llava-1.5-pad", {}, {}, dict(tie_word_embeddings=True), True),
    "rope-linear": ("llava-1.5-pad", dict(rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=10000.0)), {}, {}, True),
    "rope-llama3": ("llava-next-llama3", dict(rope_parameters=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64, rope_theta=500000.0)), {}, {}, True),
    "select-full": ("llava-1.5-pad", {}, {}, dict(vision_feature_select_strategy="full"), False),
    "last-layer": ("llava-1.5-pad", {}, {}, dict(vision_feature_layer=-1), True),
    "first-layer": ("llava-next-vicuna", {}, {}, dict(vision_feature_layer=1), True),
    "gelu-tower": ("llava-1.5-pad", {}, dict(hidden_act="gelu", layer_norm_eps=1e-6), dict(projector_hidden_act="gelu_pytorch_tanh"), True),
    "biases": ("llava-1.5-pad", dict(attention_bias=True, mlp_bias=True, rms_norm_eps=1e-3), {}, {}, True),
    "next-mqa": ("llava-next-llama3", dict(num_key_value_heads=1, head_dim=24), {}, {}, True),
}

def changed(make, changes): return lambda **kw: make(**{**kw, **changes})

def main(a):
    own = {k: getattr(golden, k) for k in ["LlamaConfig", "CLIPVisionConfig", "LlavaConfig", "LlavaNextConfig", "run_case", "scale_up"]}
    def scale_up(model, f):
        own["scale_up"](model, f)
        for n, p in model.named_parameters():      # biases begin at 0: a test of nothing
            if n.endswith("_proj.bias"): p.normal_(0, 0.2)
    golden.scale_up = scale_up
    for i, (name, (base, text, vision, top, boxed)) in enumerate(VARIANTS.items()):
        if a.only and name not in a.only: continue
        golden.LlamaConfig, golden.CLIPVisionConfig = changed(own["LlamaConfig"], text), changed(own["CLIPVisionConfig"], vision)
        golden.LlavaConfig, golden.LlavaNextConfig = changed(own["LlavaConfig"], top), changed(own["LlavaNextConfig"], top)
        def run_case(*args, **kw):
            args = list(args)
            if not boxed: args[10] = []
            return own["run_case"](*args, **kw)
        golden.run_case = run_case
        # golden.py goes through all four kinds; here one is enough
        golden.enumerate = lambda items: [(k, x) for k, x in builtins.enumerate(items) if not (isinstance(x, tuple) and isinstance(x[0], str)) or x[0] == base]
        work = os.path.join(a.out, ".all")
        golden.random_models(argparse.Namespace(out=work, seed=a.seed + i, dtype=["f32", "f16", "bf16"][i % 3], tokenizer=a.tokenizer))
        shutil.rmtree(os.path.join(a.out, name), ignore_errors=True); shutil.move(os.path.join(work, base), os.path.join(a.out, name)); shutil.rmtree(work)

if __name__ == "__main__":
    p = argparse.ArgumentParser(); p.add_argument("out"); p.add_argument("--seed", type=int, default=21); p.add_argument("--tokenizer", required=True); p.add_argument("--only", nargs="*")
    main(p.parse_args())
