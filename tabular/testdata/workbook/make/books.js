// Writes the workbooks of ExcelJS and SheetJS: node books.js FOLDER, where exceljs 4 and xlsx 0.18 are installed.
const path = require("node:path");
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");

const folder = process.argv[2];

async function exceljs() {
  const book = new ExcelJS.Workbook();
  book.views = [{ activeTab: 1 }];
  const hidden = book.addWorksheet("Lists");
  hidden.state = "hidden";
  hidden.addRow(["a", "b"]);
  const sheet = book.addWorksheet("Veri Şubat");
  sheet.addRow(["tesis", "sayaç", "tüketim", "tarih", "an", "oran", "açık", "not", "formül", "hata"]);
  sheet.addRow([
    "İstanbul", "007", 1234.5, new Date(Date.UTC(2024, 1, 29)), new Date(Date.UTC(2024, 1, 29, 6, 30, 15, 500)), 0.075,
    true, { richText: [{ text: "ilk " }, { font: { bold: true }, text: "okuma" }] }, { formula: "C2*2", result: 2469 },
    { error: "#N/A" },
  ]);
  sheet.addRow(["Ankara", "8", 0.1 + 0.2, new Date(Date.UTC(1900, 0, 1)), null, 1, false, "a\tb", { formula: "A3", result: "Ankara" }]);
  sheet.getColumn(4).numFmt = "dd.mm.yyyy";
  sheet.getColumn(5).numFmt = 'd mmmm yyyy "saat" hh:mm:ss';
  sheet.getColumn(6).numFmt = "0.00%";
  await book.xlsx.writeFile(path.join(folder, "exceljs.xlsx"));
}

function sheetjs() {
  const rows = [
    ["site", "day", "reading", "ok", "zip"],
    ["東京", new Date(Date.UTC(2024, 3, 1)), 0.30000000000000004, true, 1234],
    ["大阪", new Date(Date.UTC(2024, 3, 2)), 99999999999999, false, 99],
  ];
  const sheet = XLSX.utils.aoa_to_sheet(rows, { cellDates: true, dateNF: "yyyy-mm-dd" });
  for (const address of ["E2", "E3"]) sheet[address].z = "00000";
  sheet.C4 = { t: "e", v: 0x17 };
  sheet.A4 = { t: "s", v: "名古屋" };
  sheet["!ref"] = "A1:E4";
  const book = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(book, sheet, "データ");
  XLSX.writeFile(book, path.join(folder, "sheetjs.xlsx"), { bookSST: true, compression: true });
  XLSX.writeFile(book, path.join(folder, "sheetjs-inline.xlsx"), { bookSST: false, compression: true, cellDates: true });
}

exceljs().then(sheetjs);
