"""An imaginary product, drug and endpoint: one file each in a folder of one's own, and no code."""

from __future__ import annotations

from livingdrug.catalog.load import HERE, Catalog, load_trial

FILES = {
    "product/dream_cel": """
title = "An imaginary product"
generic_name = "dreamcabtagene"
target = "CD19"
costimulation = "4_1bb"
vector = "lentiviral"
recipe = "b_all_cd19"
[parameter.growth_max]
value = 2.0
unit = "1/day"
meaning = "Fastest division rate"
kind = "assumed"
source = "imagination"
""",
    "drug/dreamustine": """
title = "An imaginary drug"
drug_class = "lymphodepletion"
route = "intravenous"
usual_dose = "10 mg/m^2"
enters = "cyclophosphamide_amount"
amount_unit = "mg"
[amount_per_mg]
value = 3.0
unit = "mg/mg"
meaning = "Three times as strong as cyclophosphamide"
kind = "assumed"
source = "imagination"
""",
    "endpoint/dreams": """
title = "Alive and infused"
definition = "Given the product, among all enrolled."
kind = "proportion"
among = "enrolled"
success = "infused"
source = "imagination"
status = "own"
""",
}


def test_a_trial_of_imaginary_things_loads(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    trial = (HERE / "trial" / "eliana.toml").read_text(encoding="utf-8")
    for old, new in (
        ('product = "tisa_cel"', 'product = "dream_cel"'),
        ('drug = "cyclophosphamide"', 'drug = "dreamustine"'),
        ('id = "efs"', 'id = "dreams"'),
        ('role = "calibration"', 'role = "design"'),
    ):
        trial = trial.replace(old, new, 1)
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "dream.toml").write_text(trial, encoding="utf-8")
    catalog = Catalog([tmp_path])
    loaded = load_trial("dream", catalog)
    assert (loaded.id, loaded.arms[0].product) == ("dream", "dream_cel")
    assert catalog.load("product", "dream_cel").parameter["growth_max"].value == 2.0
    assert catalog.load("endpoint", "dreams").id == "dreams"
