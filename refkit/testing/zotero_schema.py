"""Which fields and creator types each item type has: facts of Zotero's schema 41 (specs/zotero_web_api.md).

A field is written as in the API; `repository=publisher` says that for this type the base field `publisher` is named so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

VERSION = 41
LINK_MODES = ("imported_file", "imported_url", "linked_file", "linked_url", "embedded_image")

# What most types end with, written SHELF below.
_SHELF = "archive archiveLocation shortTitle language libraryCatalog callNumber rights extra"
# What stands after BY are the creator types, the primary one first.
_TABLE = """
annotation:
artwork: title abstractNote artworkMedium=medium artworkSize date eventPlace DOI citationKey url accessDate
    SHELF
    BY artist contributor
attachment: title accessDate url
audioRecording: title abstractNote audioRecordingFormat=medium seriesTitle volume numberOfVolumes
    label=publisher place date runningTime ISBN DOI citationKey url accessDate SHELF
    BY performer originalCreator composer wordsBy translator contributor
bill: title abstractNote billNumber=number code codeVolume=volume section codePages=pages
    legislativeBody=authority session history date DOI citationKey url accessDate shortTitle language rights
    extra
    BY sponsor cosponsor contributor
blogPost: title abstractNote blogTitle=publicationTitle websiteType=type date DOI citationKey url accessDate
    ISSN shortTitle language rights extra
    BY author translator commenter contributor
book: title abstractNote series seriesNumber volume numberOfVolumes edition date publisher place originalDate
    originalPublisher originalPlace format=medium numPages ISBN DOI citationKey url accessDate ISSN SHELF
    BY author contributor editor translator seriesEditor
bookSection: title abstractNote bookTitle=publicationTitle series seriesNumber volume numberOfVolumes edition
    date publisher place originalDate originalPublisher originalPlace format=medium pages ISBN DOI citationKey
    url accessDate ISSN SHELF
    BY author contributor editor bookAuthor translator seriesEditor
case: caseName=title abstractNote court=authority dateDecided=date docketNumber=number reporter
    reporterVolume=volume firstPage=pages history DOI citationKey url accessDate shortTitle language rights
    extra
    BY author counsel contributor
computerProgram: title abstractNote seriesTitle versionNumber date system company=publisher place
    programmingLanguage rights citationKey url accessDate DOI ISBN archive archiveLocation libraryCatalog
    callNumber shortTitle extra
    BY programmer contributor
conferencePaper: title abstractNote proceedingsTitle=publicationTitle conferenceName publisher place date
    eventPlace volume issue numberOfVolumes pages series seriesNumber DOI ISBN citationKey url accessDate ISSN
    SHELF
    BY author contributor editor translator seriesEditor
dataset: title abstractNote identifier=number type versionNumber date repository=publisher
    repositoryLocation=place format=medium DOI citationKey url accessDate SHELF
    BY author contributor
dictionaryEntry: title abstractNote dictionaryTitle=publicationTitle series seriesNumber volume
    numberOfVolumes edition date publisher place pages ISBN DOI citationKey url accessDate SHELF
    BY author contributor editor translator seriesEditor
document: title abstractNote type date publisher place DOI citationKey url accessDate SHELF
    BY author contributor editor translator reviewedAuthor
email: subject=title abstractNote date DOI citationKey url accessDate shortTitle language rights extra
    BY author translator contributor recipient
encyclopediaArticle: title abstractNote encyclopediaTitle=publicationTitle series seriesNumber volume
    numberOfVolumes edition date publisher place pages ISBN DOI citationKey url accessDate SHELF
    BY author contributor editor translator seriesEditor
film: title abstractNote distributor=publisher place date genre=type videoRecordingFormat=medium runningTime
    DOI citationKey url accessDate SHELF
    BY director producer scriptwriter castMember host guest narrator translator contributor
forumPost: title abstractNote forumTitle=publicationTitle postType=type date DOI citationKey url accessDate
    shortTitle language rights extra
    BY author contributor
hearing: title abstractNote committee publisher numberOfVolumes documentNumber=number pages
    legislativeBody=authority session history date place DOI citationKey url accessDate shortTitle language
    rights extra
    BY contributor
instantMessage: title abstractNote date DOI citationKey url accessDate shortTitle language rights extra
    BY author contributor recipient
interview: title abstractNote interviewMedium=medium date publisher place DOI citationKey url accessDate SHELF
    BY interviewee contributor interviewer translator
journalArticle: title abstractNote publicationTitle publisher place date volume issue section partNumber
    partTitle pages series seriesTitle seriesText journalAbbreviation DOI citationKey url accessDate PMID
    PMCID ISSN SHELF
    BY author contributor editor translator reviewedAuthor
letter: title abstractNote letterType=type date eventPlace DOI citationKey url accessDate SHELF
    BY author recipient contributor translator
magazineArticle: title abstractNote publicationTitle publisher place date volume issue pages ISSN DOI
    citationKey url accessDate SHELF
    BY author contributor translator reviewedAuthor
manuscript: title abstractNote manuscriptType=type institution=publisher place date numPages number DOI
    citationKey url accessDate SHELF
    BY author contributor translator
map: title abstractNote mapType=type scale seriesTitle edition publisher place date DOI ISBN citationKey url
    accessDate SHELF
    BY cartographer contributor seriesEditor
newspaperArticle: title abstractNote publicationTitle publisher place date volume issue edition section pages
    ISSN DOI citationKey url accessDate SHELF
    BY author contributor translator reviewedAuthor
note:
patent: title abstractNote place country assignee issuingAuthority=authority patentNumber=number filingDate
    pages applicationNumber priorityNumbers issueDate=date priorityDate=originalDate references
    legalStatus=status DOI citationKey url accessDate shortTitle language rights extra
    BY inventor attorneyAgent contributor
podcast: title abstractNote seriesTitle episodeNumber=number audioFileType=medium date publisher place
    runningTime DOI citationKey url accessDate shortTitle language rights extra
    BY podcaster guest producer executiveProducer seriesCreator director scriptwriter castMember translator
    contributor
preprint: title abstractNote genre=type repository=publisher archiveID=number place date series seriesNumber
    DOI citationKey url accessDate SHELF
    BY author contributor editor translator reviewedAuthor
presentation: title abstractNote presentationType=type date meetingName place series
    sessionTitle=publicationTitle DOI citationKey url accessDate shortTitle language rights extra
    BY presenter chair organizer contributor translator
radioBroadcast: title abstractNote programTitle=publicationTitle episodeNumber=number
    audioRecordingFormat=medium network=publisher place date runningTime DOI citationKey url accessDate SHELF
    BY creator host guest producer executiveProducer seriesCreator director scriptwriter castMember translator
    contributor
report: title abstractNote reportNumber=number reportType=type institution=publisher place date seriesTitle
    seriesNumber pages DOI ISBN citationKey url accessDate ISSN SHELF
    BY author editor contributor translator seriesEditor
standard: title abstractNote organization=authority committee type number versionNumber edition status date
    publisher place partNumber partTitle ISBN DOI citationKey url accessDate archive archiveLocation
    shortTitle numPages language libraryCatalog callNumber rights extra
    BY author editor contributor
statute: nameOfAct=title abstractNote code codeNumber publicLawNumber=number dateEnacted=date pages section
    session history DOI citationKey url accessDate shortTitle language rights extra
    BY author contributor
thesis: title abstractNote thesisType=type university=publisher place date series seriesNumber numPages DOI
    ISBN citationKey url accessDate ISSN SHELF
    BY author contributor
tvBroadcast: title abstractNote programTitle=publicationTitle episodeNumber=number videoRecordingFormat=medium
    network=publisher place date runningTime DOI citationKey url accessDate SHELF
    BY director producer executiveProducer seriesCreator scriptwriter castMember host guest narrator
    translator contributor
videoRecording: title abstractNote videoRecordingFormat=medium seriesTitle volume numberOfVolumes
    studio=publisher place date runningTime ISBN DOI citationKey url accessDate SHELF
    BY creator director producer scriptwriter executiveProducer castMember host guest narrator translator
    contributor
webpage: title abstractNote websiteTitle=publicationTitle websiteType=type date publisher place DOI
    citationKey url accessDate shortTitle language rights extra
    BY author contributor translator
"""


class ItemType(msgspec.Struct, frozen=True):
    """One item type: its fields in the order of the API, the base field of those that have one, its creator types."""

    name: str
    fields: tuple[str, ...]
    base: Mapping[str, str]
    creators: tuple[str, ...]

    @property
    def is_regular(self) -> bool:
        """Whether items of this type stand for a work; the others hang on one."""
        return self.name not in {"note", "attachment", "annotation"}

    def field_of(self, base: str) -> str:
        """Return this type's field for a base field or a field of the same name, "" if it has none."""
        return next((name for name, each in self.base.items() if each == base), base if base in self.fields else "")


def _item_type(row: str) -> ItemType:
    name, _, rest = row.partition(":")
    fields, _, creators = rest.replace("SHELF", _SHELF).partition(" BY ")
    pairs = [field.partition("=") for field in fields.split()]
    base = {field: base for field, _, base in pairs if base}
    return ItemType(name, tuple(field for field, _, _ in pairs), base, tuple(creators.split()))


ITEM_TYPES: Mapping[str, ItemType] = MappingProxyType(
    {kind.name: kind for kind in map(_item_type, re.split(r"\n(?=\w)", _TABLE.strip()))}
)
FIELDS = frozenset(field for each in ITEM_TYPES.values() for field in (*each.fields, *each.base.values()))
CREATOR_TYPES = frozenset(creator for each in ITEM_TYPES.values() for creator in each.creators)


def blank(item_type: str, link_mode: str = "") -> dict[str, object]:
    """Return the properties of an empty item as the API prints them, in its order; raises KeyError for no item type."""
    kind = ITEM_TYPES[item_type]
    if item_type == "attachment":
        return _blank_attachment(link_mode)
    data: dict[str, object] = {"itemType": item_type}
    if not kind.is_regular:
        return {**data, "note": ""} if item_type == "note" else data
    first, *others = kind.fields
    return {**data, first: "", "creators": [], **dict.fromkeys(others, "")}


def _blank_attachment(link_mode: str) -> dict[str, object]:
    names = ["title", "accessDate", "url", "note", "contentType", "charset"]
    if link_mode.startswith(("imported", "embedded")):
        names += ["filename"]
    if link_mode == "linked_file":
        names += ["path"]
    files: dict[str, object] = {"md5": None, "mtime": None} if "filename" in names else {}
    return {"itemType": "attachment", "linkMode": link_mode, **dict.fromkeys(names, ""), **files}
