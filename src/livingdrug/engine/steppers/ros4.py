"""Ros4: an L-stable Rosenbrock method of order 4 with 4 stages (3 right-hand sides) and an embedded method of order 3.

Coefficients: E. Hairer and G. Wanner, Solving Ordinary Differential Equations II, section IV.7 (the L-stable method of
their code ROS4), in the transformed form that needs no product with the Jacobian. Cheaper per step than Rodas4, less
accurate on stiff parts.
"""

from __future__ import annotations

from livingdrug.engine.rosenbrock import Rosenbrock

_A3 = (1.867943637803922, 0.2344449711399156)
ROS4 = Rosenbrock(
    name="ros4",
    order=4,
    gamma=0.57282,
    a=((2.0,), _A3, (*_A3, 0.0)),
    c=(
        (-7.137615036412310,),
        (2.580708087951457, 0.6515950076447975),
        (-2.137148994382534, -0.3214669691237626, -0.6949742501781779),
    ),
    alpha=(0.0, 1.14564, 0.65521686381559, 0.65521686381559),
    d=(0.57282, -1.769193891319233, 0.7592633437920482, -0.1049021087100450),
    m=(2.255570073418735, 0.2870493262186792, 0.4353179431840180, 1.093502252409163),
    e=(-0.2815431932141155, -0.07276199124934920, -0.1082196201495311, -1.093502252409163),
)
