"""What is written to whoever opens a file of proof: in French and in English, for a person who was not there."""

from typing import Final

_TEXT: Final = """\
SEGUIA : dossier d'un conseil d'irrigation / file of one irrigation advice
Parcelle / parcel: {parcel_id}        Jour / day: {day}
Établi le / made at: {made_at}

FRANÇAIS
Ce dossier contient le conseil donné pour la parcelle ce jour-là, et tout ce sur quoi il reposait.
  verdict.json       le conseil proposé, chaque contrôle du juge et ce qui pouvait être dit
  messages.json      les textes envoyés à l'agriculteur, avec leur acheminement ; aucun numéro de téléphone
  explanation.json   comment la quantité a été trouvée, en mots
  replay.json        le même calcul refait en établissant ce dossier : identique, égal à l'arrondi près, ou différent
  inputs/            météo, prévision, arrosages, mesures, photos, tours d'eau, quotas et pompes de cette parcelle
  night.json         les empreintes (SHA-256) de tout ce dont la nuit disposait
  ledger/            les lignes du registre : chacune porte l'empreinte de la précédente, rien ne se change après coup
La personne n'y figure que par sa référence. Le registre nomme aussi d'autres parcelles et personnes, par référence.
Ce dossier prouve ce qui a été calculé et envoyé. Il ne prouve pas que les mesures reçues étaient justes.

Pour vérifier, avec la clé publique obtenue de l'exploitant par une autre voie (audit.pub) :
  seguia cloud audit check DOSSIER --key audit.pub
ou sans Seguia :
  openssl pkeyutl -verify -pubin -inkey audit.pub -rawin -in manifest.json -sigfile manifest.json.sig
  puis comparer l'empreinte SHA-256 de chaque fichier à celle de manifest.json
L'exploitant peut montrer que son registre contient toujours cette dernière ligne :
  seguia cloud audit verify --head {head}

ENGLISH
This file holds the advice given for the parcel on that day, and everything it rested on.
  verdict.json       the advice as proposed, each check of the judge, and what could be spoken
  messages.json      the texts sent to the farmer and how far they came; no telephone number
  explanation.json   how the amount was found, in words
  replay.json        the same computation made again for this file: identical, equal after rounding, or different
  inputs/            weather, forecast, irrigations, readings, photos, turns, quotas and pumps of this parcel
  night.json         digests (SHA-256) of everything the night had
  ledger/            lines of the ledger: each carries the digest of the one before, nothing is changed afterwards
The person appears by reference only. The ledger also names other parcels and persons, by reference.
This file proves what was computed and sent. It does not prove that the measurements received were right.

To check it, with the public key that you got from the operator by another way (audit.pub):
  seguia cloud audit check FILE --key audit.pub
or without Seguia:
  openssl pkeyutl -verify -pubin -inkey audit.pub -rawin -in manifest.json -sigfile manifest.json.sig
  then compare the SHA-256 of each file with the one in manifest.json
The operator can show that the ledger still holds its last line:
  seguia cloud audit verify --head {head}
"""


def readme(*, parcel_id: str, day: str, made_at: str, head: str) -> bytes:
    """The page that lies on top of a file of proof."""
    return _TEXT.format(parcel_id=parcel_id, day=day, made_at=made_at, head=head).encode()
