"""Response of acute lymphoblastic leukaemia as trials in children use it (the law: `livingdrug.clinic.marrow`).

    marrow blasts   neutrophils  platelets   at this visit
    below 5 %       > 1.0e9/L    > 100e9/L   CR   complete remission
    below 5 %       otherwise or unknown     CRi  with incomplete recovery of counts
    5 % or more     any                      NR before a remission, relapse after one

Limits of counts: http://ashpublications.net/view-large/12204026 (read).
"""

from __future__ import annotations

from livingdrug.clinic.marrow import Recovery, Unrecovered, marrow_criterion

CRITERION = marrow_criterion(
    title="Remission by marrow and blood counts",
    lead="Remission needs fewer than 5 % blasts in the marrow; it is called complete when neutrophils and platelets have recovered too.",
    degrees=(Recovery("CR", "complete remission", neutrophils=1.0, platelets=100.0),),
    rest=Unrecovered("CRi", "remission with incomplete blood counts"),
)
