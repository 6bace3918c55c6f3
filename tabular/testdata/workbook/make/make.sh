#!/bin/sh
# Writes the workbooks again: needs python3 with openpyxl, LibreOffice, and node with exceljs 4 and xlsx 0.18.
# The bytes differ from those kept here in times and names of programs; the cells must not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" "$here/openpyxl_book.py" "$work"
node "$here/books.js" "$work"
for suffix in "" -1904; do
  mkdir "$work/out$suffix"
  HOME="$work" soffice --headless --convert-to xlsx --outdir "$work/out$suffix" "$work/formulas$suffix.xlsx" >/dev/null
  mv "$work/out$suffix/formulas$suffix.xlsx" "$here/../libreoffice$suffix.xlsx"
done
HOME="$work" soffice --headless --convert-to xlsx --outdir "$work/out" "$work/exceljs.xlsx" >/dev/null
mv "$work/out/exceljs.xlsx" "$here/../libreoffice-rich.xlsx"
mv "$work"/openpyxl*.xlsx "$work"/exceljs.xlsx "$work"/sheetjs*.xlsx "$here/.."
