"""Writes the workbooks of openpyxl, and those that LibreOffice is to write again: python3 openpyxl_book.py FOLDER.

FOLDER/openpyxl*.xlsx are kept as they are. FOLDER/formulas*.xlsx have formulas without results, which LibreOffice
computes: see make.sh.
"""

import datetime
import sys

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HEADER = [
    "site", "code", "meter", "long meter", "reading", "share", "day", "moment", "clock", "duration", "open", "note",
    "twice", "broken",
]
FORMATS = {
    2: "00000", 6: "0.0%", 7: "yyyy-mm-dd", 8: "dd/mm/yyyy hh:mm:ss", 9: "h:mm", 10: "[h]:mm:ss",
}


def book(path, epoch1904, formulas):
    workbook = openpyxl.Workbook()
    if epoch1904:
        workbook.epoch = CALENDAR_MAC_1904
    notes = workbook.active
    notes.title = "Notes"
    notes["A1"] = "not the table"
    sheet = workbook.create_sheet("Readings")
    workbook.active = 1
    notes.sheet_state = "hidden"
    sheet["A1"] = "Energy of the year"
    sheet["A3"] = "Prepared by"
    sheet["B3"] = datetime.date(2024, 3, 1)
    rows = [
        ["S1", 42, 123456789012345, 1234567890123456, 0.1 + 0.2, 0.125, datetime.date(2024, 2, 29),
         datetime.datetime(2024, 1, 31, 23, 59, 58, 250000), datetime.time(12, 30), datetime.timedelta(hours=36), True,
         "plain & <more>", "=B6*2" if formulas else 84, "=1/0" if formulas else "#DIV/0!"],
        ["S2", 7, 1, -5, 1e-7, 1, datetime.date(1904, 1, 2), datetime.datetime(2099, 12, 31), datetime.time(0, 0, 1),
         datetime.timedelta(minutes=1), False, "line 1\nline 2", '=A7&"!"' if formulas else "S2!", None],
        None,
        ["00123", None, None, None, 1e21, None, None, None, None, None, None, "  kept  ", None, None],
    ]
    for column, name in enumerate(HEADER, 1):
        sheet.cell(5, column, name)
    for line, row in enumerate(rows, 6):
        for column, value in enumerate(row or [], 1):
            cell = sheet.cell(line, column, value)
            if column in FORMATS:
                cell.number_format = FORMATS[column]
    sheet.merge_cells("A3:A4")
    workbook.create_sheet("Empty")
    workbook.save(path)


folder = sys.argv[1]
for suffix, epoch in (("", False), ("-1904", True)):
    book(f"{folder}/openpyxl{suffix}.xlsx", epoch, False)
    book(f"{folder}/formulas{suffix}.xlsx", epoch, True)
