"""Response of acute myeloid leukaemia from what was seen at visits, in the words of the European LeukemiaNet.

    marrow blasts   neutrophils        platelets   at this visit
    below 5 %       >= 1.0e9/L         >= 100e9/L  CR    complete remission
    below 5 %       >= 0.5e9/L         >= 50e9/L   CRh   with partial recovery of counts
    below 5 %       one of the two limits of CR    CRi   with incomplete recovery of counts
    below 5 %       neither, or unknown            MLFS  morphological leukaemia-free state
    5 % or more     any                            NR before a remission, relapse after one

The limits are recalled and not read (recommendations of 2022, doi:10.1182/blood.2022016867). Partial remission, extramedullary disease and blasts in
blood are not told apart; the law: `livingdrug.clinic.marrow`.
"""

from __future__ import annotations

from livingdrug.clinic.marrow import Recovery, Unrecovered, marrow_criterion

CRITERION = marrow_criterion(
    title="Remission by marrow and blood counts (ELN)",
    lead="Fewer than 5 % blasts in the marrow is the start of every response; its name tells how far neutrophils and platelets have recovered.",
    degrees=(
        Recovery("CR", "complete remission", neutrophils=1.0, platelets=100.0, at_limit=True),
        Recovery(
            "CRh", "remission with partial recovery of blood counts", neutrophils=0.5, platelets=50.0, at_limit=True
        ),
        Recovery(
            "CRi",
            "remission with incomplete blood counts",
            neutrophils=1.0,
            platelets=100.0,
            at_limit=True,
            either=True,
        ),
    ),
    rest=Unrecovered("MLFS", "morphological leukaemia-free state", "neither count recovered or counts not known"),
)
