"""How the Zotero server takes the file of an attachment: permission, upload, registration, in three requests."""

from __future__ import annotations

import hashlib
from email import message_from_bytes
from http import HTTPStatus
from typing import Any

import msgspec

from refkit.testing.zotero_http import Reply, WebRequest, as_json, nothing
from refkit.testing.zotero_library import ZoteroLibrary
from refkit.testing.zotero_objects import new_key
from refkit.testing.zotero_values import ZoteroRefusal, refuse_unless

UPLOAD = "/upload/"
_PREFIX, _SUFFIX = b"--stand-in\r\n\r\n", b"\r\n--stand-in--\r\n"


class _Upload(msgspec.Struct):
    """A file that is expected: for which attachment, and what was said of it."""

    library: ZoteroLibrary
    key: str
    form: dict[str, str]
    content: bytes | None = None


class Files:
    """The stored files, by their MD5, and the uploads under way."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self._uploads: dict[str, _Upload] = {}

    def post(self, request: WebRequest, library: ZoteroLibrary, key: str) -> Reply:
        """Permit an upload, or register one. Raises ZoteroRefusal."""
        form = request.form()
        with library.lock:
            row = library.items.get(key)
            if row is None:
                raise ZoteroRefusal(HTTPStatus.NOT_FOUND, "Item does not exist")
            refuse_unless("md5" in row, "Cannot upload file for item that is not an imported file")
            _check_precondition(request, row.get("md5"))
            return (
                self._register(library, form["upload"])
                if "upload" in form
                else self._permit(request, library, key, form)
            )

    def _permit(self, request: WebRequest, library: ZoteroLibrary, key: str, form: dict[str, str]) -> Reply:
        for name in ("md5", "filename", "filesize", "mtime"):
            refuse_unless(form.get(name), f"'{name}' not provided")
        if form["md5"] in self.stored:
            _describe(library, key, form)
            return as_json({"exists": 1}, version=library.items[key]["version"])
        upload = new_key() + new_key()
        self._uploads[upload] = _Upload(library, key, form)
        answer: dict[str, Any] = {"url": f"{request.base}{UPLOAD}{upload}", "uploadKey": upload}
        if form.get("params"):
            return as_json({**answer, "params": {"key": upload}})
        parts = {"prefix": _PREFIX.decode(), "suffix": _SUFFIX.decode()}
        return as_json({**answer, "contentType": "multipart/form-data; boundary=stand-in", **parts})

    def receive(self, request: WebRequest) -> Reply:
        """Take the bytes of a file, between prefix and suffix or in a form."""
        upload = self._uploads.get(request.path.removeprefix(UPLOAD))
        if upload is None or request.method != "POST":
            raise ZoteroRefusal(HTTPStatus.FORBIDDEN, "Forbidden")
        upload.content = _content(request)
        return Reply(status=201)

    def _register(self, library: ZoteroLibrary, name: str) -> Reply:
        upload = self._uploads.get(name)
        refuse_unless(upload and upload.library is library, "Upload key not found")
        if upload is None or upload.content is None:
            raise ZoteroRefusal(HTTPStatus.BAD_REQUEST, "Remote file not found")
        md5 = hashlib.md5(upload.content, usedforsecurity=False).hexdigest()
        refuse_unless(md5 == upload.form["md5"], "Remote file has another MD5")
        self.stored[md5] = upload.content
        del self._uploads[name]
        _describe(library, upload.key, upload.form)
        return nothing(library.items[upload.key]["version"])

    def get(self, library: ZoteroLibrary, key: str) -> Reply:
        """Return the file of an attachment. Raises ZoteroRefusal."""
        row = library.items.get(key, {})
        content = self.stored.get(row.get("md5") or "")
        if content is None:
            raise ZoteroRefusal(HTTPStatus.NOT_FOUND, "Not found")
        return Reply(body=content, content_type=row["contentType"] or "application/octet-stream")


def _check_precondition(request: WebRequest, md5: str | None) -> None:
    absent, same = request.header("If-None-Match"), request.header("If-Match")
    if absent is None and same is None:
        raise ZoteroRefusal(HTTPStatus.PRECONDITION_REQUIRED, "If-Match/If-None-Match header not provided")
    if absent is not None and md5:
        raise ZoteroRefusal(HTTPStatus.PRECONDITION_FAILED, "If-None-Match: * set but file exists")
    if same is not None and same.strip('"') != md5:
        raise ZoteroRefusal(HTTPStatus.PRECONDITION_FAILED, "ETag does not match current version of file")


def _describe(library: ZoteroLibrary, key: str, form: dict[str, str]) -> None:
    library.edit(key, md5=form["md5"], mtime=int(form["mtime"]), filename=form["filename"])


def _content(request: WebRequest) -> bytes:
    kind = request.header("Content-Type") or ""
    if kind.startswith("multipart/form-data") and not request.body.startswith(_PREFIX):
        message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
        for part in message.walk():
            if part.get_param("name", header="content-disposition") == "file":
                payload = part.get_payload(decode=True)
                return payload if isinstance(payload, bytes) else b""
    return request.body.removeprefix(_PREFIX).removesuffix(_SUFFIX)
