"""Writes the golden files of package tabular with programs that are not ours: iconv, gzip, zstd and Python's csv.

Beside each file stands what it says, as JSON. That is never written by the code that it tests: cells come from the texts
below, through Python's csv where it can read them, and what is set aside is named by hand.
"""
import csv, gzip, io, json, os, subprocess, unicodedata

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
tr="Tesis;Dönem;Tüketim (kWh);Açıklama\r\nİzmir Şubesi;Ocak 2024;1.234,56;Doğalgaz sayacı değişti\r\nÇankırı;Şubat 2024;12,5;kış ayı\r\nUşak;Mart 2024;7;ölçüm gecikti\r\nIğdır;Nisan 2024;;\"\"\"acil\"\"; çözüldü\"\r\n"
jp="拠点,期間,電力量\r\n東京本社,2024年1月,1200\r\n大阪支店,2024年2月,300\r\nカタカナ,ひらがな,ソ能表\r\nﾊﾝｶｸ,\"改行\r\nあり\",～−\r\n"
vn="Địa điểm,Tháng,Điện năng\nHà Nội,Tháng Một,1200\nĐà Nẵng,Tháng Hai,300\nThành phố Hồ Chí Minh,tháng ba,50\nHuế,Mười,1\nQuảng Ngãi,Chữ Ữ Ậ ở,₫\n"
fr="Site;Période;Énergie\nOrléans;février;12,5\nBesançon;août;7 €\nÀ côté;décembre;« néant »\nŒuvre;…;naïve\n"


def w(name, content):
    with open(out + name, "wb") as f:
        f.write(content)


def says(name, detected, header, records):
    with open(out + name + ".json", "w", encoding="utf-8") as f:
        json.dump({"detected": detected, "header": header, "records": records}, f, ensure_ascii=False, indent=1)
        f.write("\n")


def table(text, **how):
    rows = list(csv.reader(io.StringIO(unicodedata.normalize("NFC", text), newline=""), **how))
    return rows[0], rows[1:]


def iconv(text,to): return subprocess.run(['iconv','-f','UTF-8','-t',to],input=text.encode(),capture_output=True,check=True).stdout

def encoded(name, text, content, encoding, delimiter, **more):
    w(name, content)
    says(name, {"encoding": encoding, "delimiter": delimiter, "quote": '"', "headerRow": 1, **more},
         *table(text, delimiter=delimiter))


MARK = {"byteOrderMark": True}
emoji = tr + "Emoji;😀;1;𝒳\r\n"
encoded("utf-8.csv", tr, tr.encode(), "UTF-8", ";", lineEnding="CRLF")
encoded("utf-8-mark.csv", tr, b"\xef\xbb\xbf" + tr.encode(), "UTF-8", ";", **MARK)
encoded("utf-16le.csv", jp, iconv(jp, "UTF-16LE"), "UTF-16LE", ",")
encoded("utf-16be.csv", jp, iconv(jp, "UTF-16BE"), "UTF-16BE", ",")
encoded("utf-16le-mark.csv", emoji, b"\xff\xfe" + iconv(emoji, "UTF-16LE"), "UTF-16LE", ";", **MARK)
encoded("utf-16be-mark.csv", emoji, b"\xfe\xff" + iconv(emoji, "UTF-16BE"), "UTF-16BE", ";", **MARK)
encoded("windows-1254.csv", tr, iconv(tr, "WINDOWS-1254"), "windows-1254", ";")
encoded("iso-8859-9.csv", tr, iconv(tr, "ISO-8859-9"), "windows-1254", ";")  # the same bytes
encoded("windows-1252.csv", fr, iconv(fr, "WINDOWS-1252"), "windows-1252", ";")
encoded("windows-1258.csv", vn, iconv(vn, "CP1258"), "windows-1258", ",")
plain = jp.replace("～−", "")
encoded("shift_jis.csv", plain, iconv(plain, "CP932"), "Shift_JIS", ",")
wave = jp.replace("−", "－")
encoded("shift_jis-python.csv", wave, wave.encode("cp932"), "Shift_JIS", ",")
encoded("gzip.csv.gz", tr,
        subprocess.run(["gzip", "-n", "-c"], input=tr.encode()[:100], capture_output=True, check=True).stdout
        + gzip.compress(tr.encode()[100:], mtime=0), "UTF-8", ";", compression="gzip")
encoded("zstd.csv.zst", tr,
        subprocess.run(["zstd", "-c", "-q"], input=tr.encode(), capture_output=True, check=True).stdout, "UTF-8", ";",
        compression="zstd")

rows = [["name", "city", "n"], ["plain", "İzmir", "1"], ["with, comma; semicolon\ttab|pipe", 'a "quoted" word', "2"],
        ["it's", "line\nend", "3"], ["", "  spaces  ", "4"], ["x", "-", "5"]]


def dialect(name, detected, **how):
    f = io.StringIO(newline="")
    csv.writer(f, **how).writerows(rows)
    w(name, f.getvalue().encode())
    says(name, {"encoding": "UTF-8", "headerRow": 1, **detected}, rows[0], rows[1:])


dialect("python-excel.csv", {"delimiter": ",", "quote": '"', "lineEnding": "CRLF"})
dialect("python-excel-tab.csv", {"delimiter": "\t", "quote": '"'}, dialect="excel-tab")
dialect("python-unix.csv", {"delimiter": ",", "quote": '"', "lineEnding": "LF"}, dialect="unix")
dialect("python-semicolon.csv", {"delimiter": ";", "quote": '"'}, delimiter=";")
dialect("python-pipe.csv", {"delimiter": "|", "quote": '"'}, delimiter="|", lineterminator="\n")
dialect("python-single.csv", {"delimiter": ",", "quote": "'"}, quotechar="'", lineterminator="\n", quoting=csv.QUOTE_ALL)
dialect("python-escape.csv", {"delimiter": ",", "quote": '"', "escape": "\\"}, doublequote=False, escapechar="\\",
        quoting=csv.QUOTE_ALL, lineterminator="\n")
dialect("python-caret.csv", {"delimiter": "^", "quote": '"'}, delimiter="^")
dialect("python-tilde.csv", {"delimiter": "~", "quote": '"'}, delimiter="~")
dialect("python-colon.csv", {"delimiter": ":", "quote": '"'}, delimiter=":", quoting=csv.QUOTE_NONNUMERIC)
dialect("python-cr.csv", {"delimiter": ",", "quote": '"', "lineEnding": "CR"}, lineterminator="\r", quoting=csv.QUOTE_ALL)

header, records = table(tr, delimiter=";")
w("bill-preamble.csv",
  ("Elektrik faturası\r\n;;;\r\nMüşteri;Örnek A.Ş.;;\r\n\r\n" + tr + "Toplam: 1.254,06\r\n").encode("cp1254"))
says("bill-preamble.csv", {"encoding": "windows-1254", "delimiter": ";", "headerRow": 5}, header,
     records + ["5:10 COLUMN_COUNT_MISMATCH Toplam: 1.254,06"])
w("excel-sep.csv", b"sep=|\r\na|b\r\n1|2,5\r\n")
says("excel-sep.csv", {"delimiter": "|", "headerRow": 1}, ["a", "b"], [["1", "2,5"]])
w("damaged.csv", b'a,b\n1,\xc5\x9f\nx\xc0\xafy,2\n3,\xed\xa0\x80\n4,n\x00l\n5\n6,7,8\n"9,0\n10,11\n')
says("damaged.csv", {"encoding": "UTF-8"}, ["a", "b"], [
    ["1", "ş"], r"2:3 ENCODING_INVALID x\xc0\xafy", r"3:4 ENCODING_INVALID \xed\xa0\x80", r"4:5 NUL_BYTE n\x00l",
    "5:6 COLUMN_COUNT_MISMATCH 5", "6:7 COLUMN_COUNT_MISMATCH 6,7,8", '7:8 QUOTE_UNCLOSED "9,0', ["10", "11"]])
broken = iconv("a,b\n1,東\n", "CP932") + b"2,\x81\x20\n3,\xfd\xfe\n" + iconv("4,京都府庁\n5,大阪支店\n6,カタカナ\n", "CP932")
w("damaged-shift_jis.csv", broken)
says("damaged-shift_jis.csv", {"encoding": "Shift_JIS"}, ["a", "b"], [
    ["1", "東"], r"2:3 ENCODING_INVALID \x81 ", r"3:4 ENCODING_INVALID \xfd\xfe", ["4", "京都府庁"], ["5", "大阪支店"], ["6", "カタカナ"]])
