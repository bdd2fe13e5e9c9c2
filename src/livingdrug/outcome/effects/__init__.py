"""Effect measures, one file each with an object ``EFFECT`` (`livingdrug.outcome.effect.EffectMeasure`)."""
