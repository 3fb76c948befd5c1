from __future__ import annotations

import pytest
from googleapiclient.errors import HttpError


def test_googles_own_client_reads_and_writes(service, spreadsheet):
    values = service.spreadsheets().values()
    written = values.update(
        spreadsheetId="S1",
        range="Sheet1!A1",
        valueInputOption="USER_ENTERED",
        body={"values": [["a", "2"], ["b", "=B1*2"]]},
    ).execute()
    assert written["updatedCells"] == 4
    read = values.get(spreadsheetId="S1", range="Sheet1", valueRenderOption="UNFORMATTED_VALUE")
    assert read.execute()["values"] == [["a", 2], ["b", 4]]
    many = values.batchGet(spreadsheetId="S1", ranges=["A1", "B2"]).execute()
    assert [one["values"] for one in many["valueRanges"]] == [[["a"]], [["4"]]]
    appended = values.append(
        spreadsheetId="S1",
        range="A1",
        valueInputOption="RAW",
        insertDataOption="INSERT_ROWS",
        body={"values": [["c"]]},
    ).execute()
    assert appended["updates"]["updatedRange"] == "Sheet1!A3"
    assert values.clear(spreadsheetId="S1", range="A3").execute()["clearedRange"] == "Sheet1!A3"


def test_googles_own_client_reads_through_an_echo(service, spreadsheet):
    body = {
        "requests": [
            {
                "updateCells": {
                    "start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 1},
                    "rows": [{"values": [{"userEnteredValue": {"stringValue": "=not a formula"}}]}],
                    "fields": "userEnteredValue",
                }
            }
        ],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["Sheet1!B2:C2"],
    }
    mask = (
        "replies,updatedSpreadsheet(sheets(properties(sheetId),"
        "data(startRow,startColumn,rowData(values(userEnteredValue)))))"
    )
    answer = (
        service.spreadsheets().batchUpdate(spreadsheetId="S1", body=body, fields=mask).execute()
    )
    assert answer == {
        "replies": [{}],
        "updatedSpreadsheet": {
            "sheets": [
                {
                    "properties": {"sheetId": 0},
                    "data": [
                        {
                            "startRow": 1,
                            "startColumn": 1,
                            "rowData": [
                                {
                                    "values": [
                                        {"userEnteredValue": {"stringValue": "=not a formula"}}
                                    ]
                                }
                            ],
                        }
                    ],
                }
            ]
        },
    }


def test_googles_own_client_raises_on_refusals(service, spreadsheet):
    with pytest.raises(HttpError, match="Unable to parse range: Nowhere!A1") as refused:
        service.spreadsheets().values().get(spreadsheetId="S1", range="Nowhere!A1").execute()
    assert refused.value.status_code == 400


def test_googles_own_client_finds_metadata(service, spreadsheet):
    place = {"dimensionRange": {"dimension": "ROWS", "startIndex": 4, "endIndex": 5}}
    entry = {"metadataKey": "k", "metadataValue": "v", "visibility": "DOCUMENT", "location": place}
    request = {"createDeveloperMetadata": {"developerMetadata": entry}}
    sheets = service.spreadsheets()
    made = sheets.batchUpdate(spreadsheetId="S1", body={"requests": [request]}).execute()
    made_id = made["replies"][0]["createDeveloperMetadata"]["developerMetadata"]["metadataId"]
    found = sheets.developerMetadata().get(spreadsheetId="S1", metadataId=made_id).execute()
    assert (found["metadataKey"], found["metadataValue"]) == ("k", "v")
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}
    search = sheets.developerMetadata().search(spreadsheetId="S1", body=lookup).execute()
    assert search["matchedDeveloperMetadata"] == [
        {"developerMetadata": found, "dataFilters": lookup["dataFilters"]}
    ]


def test_googles_own_client_creates_and_copies(service, google):
    sheets = service.spreadsheets()
    body = {
        "properties": {"title": "Made", "locale": "de_DE"},
        "sheets": [
            {
                "properties": {"title": "One", "gridProperties": {"rowCount": 3, "columnCount": 2}},
                "data": [{"rowData": [{"values": [{"userEnteredValue": {"numberValue": 1.5}}]}]}],
            }
        ],
    }
    made = sheets.create(body=body).execute()
    other = google.create_spreadsheet("Other", spreadsheet_id="S2")
    copied = (
        sheets.sheets()
        .copyTo(
            spreadsheetId=made["spreadsheetId"],
            sheetId=0,
            body={"destinationSpreadsheetId": "S2"},
        )
        .execute()
    )
    assert copied["title"] == "Copy of One"
    assert [one.title for one in other.worksheets] == ["Sheet1", "Copy of One"]
    read = sheets.values().get(spreadsheetId=made["spreadsheetId"], range="A1").execute()
    assert read["values"] == [["1,5"]]


def test_grid_data_shows_formats_and_values(service, batch, spreadsheet):
    look = {"textFormat": {"bold": True}, "backgroundColor": {"red": 0.5}}
    cell = {"userEnteredValue": {"boolValue": False}, "userEnteredFormat": look, "note": "n"}
    area = {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 1, "endColumnIndex": 2}
    batch({"repeatCell": {"range": area, "cell": cell, "fields": "*"}})
    got = service.spreadsheets().get(spreadsheetId="S1", ranges=["A1:C2"], includeGridData=True)
    [grid] = got.execute()["sheets"][0]["data"]
    assert len(grid["rowMetadata"]) == 2
    assert grid["columnMetadata"][0] == {"pixelSize": 100}
    [row] = grid["rowData"]
    assert row["values"][0] == {}
    shown = row["values"][1]
    assert shown["userEnteredValue"] == shown["effectiveValue"] == {"boolValue": False}
    assert (shown["formattedValue"], shown["note"]) == ("FALSE", "n")
    red = {"red": 0.49803922}
    assert shown["userEnteredFormat"] == {
        "textFormat": {"bold": True},
        "backgroundColor": red,
        "backgroundColorStyle": {"rgbColor": red},
    }
    assert shown["effectiveFormat"]["textFormat"]["bold"] is True
    assert shown["effectiveFormat"]["textFormat"]["fontSize"] == 10
