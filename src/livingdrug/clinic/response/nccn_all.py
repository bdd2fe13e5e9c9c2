"""Response of acute lymphoblastic leukaemia in the words of the NCCN guidelines, as trials in adults use them: partial recovery of counts apart.

    marrow blasts   neutrophils  platelets   at this visit
    below 5 %       > 1.0e9/L    > 100e9/L   CR   complete remission
    below 5 %       > 0.5e9/L    > 50e9/L    CRh  with partial recovery of counts
    below 5 %       otherwise or unknown     CRi  with incomplete recovery of counts
    5 % or more     any                      NR before a remission, relapse after one

The limits are recalled and not read (guidelines for acute lymphoblastic leukaemia, version not known to the writer; CRh as in the label of blinatumomab). Blasts
in spinal fluid are not simulated; the law: `livingdrug.clinic.marrow`.
"""

from __future__ import annotations

from livingdrug.clinic.marrow import Recovery, Unrecovered, marrow_criterion

CRITERION = marrow_criterion(
    title="Remission by marrow and blood counts (NCCN)",
    lead="Remission needs fewer than 5 % blasts in the marrow; its name tells how far neutrophils and platelets have recovered.",
    degrees=(
        Recovery("CR", "complete remission", neutrophils=1.0, platelets=100.0),
        Recovery("CRh", "remission with partial recovery of blood counts", neutrophils=0.5, platelets=50.0),
    ),
    rest=Unrecovered("CRi", "remission with incomplete blood counts"),
)
