package definition

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// concept is what a word of the table means. Words of one concept mean the same; concepts of one family are near each
// other and may stand for each other: a facility and a factory, a date and a month; not men and women, or net and gross.
type concept struct {
	// family is a bit of its own for each family, 0 for none.
	family uint64
	// weight is how much the word tells: "name" in "site name" tells little.
	weight float64
}

// A table of words that headers of business files are made of, in English, Turkish, Vietnamese and Japanese (in this
// order, languages separated by semicolons, words by commas). It is read as NormalizeName reads, without spaces; endings
// (English plural, Turkish possessive and plural) need no entries. A word may have several meanings.
var conceptTable = []struct {
	family string
	weight float64
	words  string
}{
	// Places.
	{"place", 1, "site, location, facility, loc, premises, place; tesis, lokasyon, yerleşke, konum, yer; " +
		"địa điểm, cơ sở, vị trí, nơi; 拠点, 事業所, 場所, サイト, 施設, 事業場"},
	{"place", 1, "plant, factory, power plant, mill; fabrika, santral, üretim tesisi; nhà máy, xưởng; 工場, 発電所, プラント"},
	{"place", 1, "branch; şube; chi nhánh; 支店, 支社, 営業所"},
	{"place", 1, "office, cost center, cost centre; ofis, masraf merkezi; văn phòng; オフィス, 事務所"},
	{"place", 1, "store, shop, outlet; mağaza, dükkan; cửa hàng; 店舗, 店, ストア"},
	{"place", 1, "building, warehouse; bina, depo; tòa nhà, kho; 建物, 倉庫, ビル"},
	{"organization", 1, "department, dept, division, unit, team; departman, bölüm, birim; " +
		"phòng ban, bộ phận, đơn vị, phòng; 部門, 部署, 部"},
	{"organization", 1, "company, firm; şirket, firma; công ty; 会社, 企業"},
	{"", 1, "country; ülke; quốc gia; 国"},
	{"", 1, "city; şehir, il; thành phố; 都市, 市"},
	{"", 1, "region; bölge; khu vực, vùng; 地域"},
	{"", 1, "address; adres; địa chỉ; 住所"}, //nolint:misspell // Turkish
	// Times.
	{"time", 1, "date, dt; tarih; ngày, ngày tháng; 日付, 年月日, 日, 期日"},
	{"time", 1, "day; gün; ngày; 日, 曜日"},
	{"time", 1, "month, mth, mon, year month; ay; tháng; 月, 年月"},
	{"time", 1, "period; dönem; kỳ, giai đoạn; 期間, 期"},
	{"time", 1, "year, yr, fiscal year; yıl, sene; năm; 年, 年度"},
	{"time", 1, "quarter, qtr; çeyrek; quý; 四半期"},
	{"clock", 1, "hours, hour, hr, hrs; saat; giờ, số giờ; 時間, 時間数"},
	{"clock", 1, "duration; süre; thời lượng, thời gian; 所要時間"},
	{"clock", 1, "minutes, minute; dakika; phút; 分"},
	// Names, numbers, kinds.
	{"", 0.3, "name; ad, isim, ismi, unvan; tên; 名, 名称, 氏名, 名前"},
	{"identity", 0.5, "number, no, nr, num, #; numara, no; số; 番号, no"},
	{"identity", 0.5, "id, identifier, ident; kimlik; mã, mã số; 識別子"},
	{"identity", 0.5, "code; kod; mã; コード"},
	{"identity", 0.5, "reference, ref; referans; tham chiếu; 参照"},
	{"", 0.4, "number, count, no; sayı, sayısı, adet; số, số lượng; 数, 人数, 件数"},
	{"kind", 0.6, "type, kind; tür, tip, çeşit, cins; loại; 種類, 種別, タイプ, 種"},
	{"kind", 0.8, "category, cat, group; kategori, grup; danh mục, hạng mục, nhóm; カテゴリ, カテゴリー, 区分, 分類"},
	{"", 1, "class; sınıf; hạng, lớp; クラス"},
	{"", 1, "quality, grade; kalite; chất lượng; 品質"},
	{"", 1, "method, procedure; yöntem, metot; phương pháp, phương thức; 方法"},
	{"", 1, "mode; mod; phương tiện; 手段"},
	{"", 1, "status, state; durum; trạng thái, tình trạng; 状態, 状況, ステータス"},
	{"text", 1, "description, desc; açıklama, tanım; mô tả, diễn giải; 説明, 摘要, 内容"},
	{"text", 1, "notes, note, remarks, remark, comment, memo; not, açıklama; ghi chú; 備考, メモ, コメント"},
	// Amounts.
	{"money", 1, "amount, amt, sum; tutar, meblağ; số tiền, thành tiền; 金額, 額"},
	{"money", 1, "cost, expense, fee, charge; maliyet, masraf, gider, ücret; chi phí; 費用, 料金, コスト, 経費"},
	{"money", 1, "price; fiyat; giá, đơn giá; 単価, 価格"},
	{"", 1, "revenue, sales, turnover, income; gelir, hasılat, ciro, satış; doanh thu, doanh số; " +
		"売上, 売上高, 売上額, 売上金額, 収益"},
	{"", 1, "tax, vat; vergi, kdv; thuế; 税, 税金, 消費税"},
	{"money", 1, "invoice, bill, billing; fatura; hóa đơn; 請求, 請求書"},
	{"", 1, "currency, curr, ccy; para birimi, döviz; tiền tệ, loại tiền; 通貨"},
	{"amount", 1, "quantity, qty, amount; miktar, adet; số lượng, lượng; 数量, 量"},
	{"amount", 1, "weight, wt, mass; ağırlık, kütle; khối lượng, trọng lượng; 重量, 質量, 重さ"},
	{"amount", 1, "volume, vol; hacim; thể tích; 容量, 体積"},
	{"way", 1, "distance, dist, mileage; mesafe; khoảng cách, quãng đường; 距離, 走行距離"},
	{"way", 1, "odometer, km, kilometer, kilometre; kilometre, km; số km; 走行距離, キロ"},
	{"amount", 1, "liters, litre, liter, ltr, lt; litre; lít, số lít; リットル, 給油量"},
	{"", 1, "unit, uom, unit of measure; birim, ölçü birimi; đơn vị, đơn vị tính, đvt; 単位"},
	{"", 0.3, "total, overall; toplam, genel; tổng, tổng cộng; 合計, 総, 計, 総計"},
	{"", 0.5, "net; net; ròng; 純"},
	{"", 1, "gross; brüt; gộp; 総額"},
	{"", 1, "average, avg, mean; ortalama; trung bình; 平均"},
	{"", 1, "rate, ratio, percent, percentage; oran, yüzde; tỷ lệ; 率, 割合"},
	// Energy, water, waste.
	{"", 1, "consumption, usage, consumed, cons; tüketim, kullanım, sarfiyat; tiêu thụ, sử dụng, lượng tiêu thụ; " +
		"使用量, 消費量, 消費, 使用"},
	{"", 1, "production, generation, produced, generated, output, yield; üretim, üretilen; sản lượng, sản xuất; " +
		"生産量, 発電量, 生産, 発電"},
	{"", 1, "exported, export, sold; ihraç, verilen; xuất; 売電量, 売電"},
	{"", 1, "electricity, electric, electrical, power; elektrik; điện, điện năng; 電力, 電気"},
	{"", 0.5, "energy; enerji; năng lượng; エネルギー"},
	{"", 1, "gas, natural gas; gaz, doğalgaz, doğal gaz; khí, khí đốt, gas; ガス, 都市ガス, 天然ガス"},
	{"", 1, "fuel; yakıt, akaryakıt; nhiên liệu; 燃料"},
	{"", 1, "solar; güneş; mặt trời; 太陽光"},
	{"", 1, "water; su; nước; 水, 水道, 上水"},
	{"", 1, "wastewater, waste water, sewage, effluent, discharge; atıksu, atık su, deşarj; nước thải; 排水, 下水, 廃水"},
	{"", 1, "waste; atık; chất thải, rác, rác thải, phế thải; 廃棄物, ごみ"},
	{"", 1, "disposal, treatment; bertaraf; xử lý, thải bỏ; 処分, 処理"},
	{"", 1, "hazardous, dangerous; tehlikeli; nguy hại, nguy hiểm; 有害, 危険"},
	{"", 1, "recycling, recycled, recovery; geri dönüşüm, geri kazanım; tái chế; リサイクル, 再利用"},
	{"", 1, "source, resource; kaynak; nguồn; 水源, 源, ソース, 供給源"},
	{"", 1, "irradiance, irradiation, radiation, insolation; ışınım, radyasyon; bức xạ; 日射量, 日射"},
	{"", 1, "temperature, temp; sıcaklık; nhiệt độ; 温度, 気温"},
	{"", 1, "refrigerant, coolant; soğutucu, soğutucu akışkan, soğutucu gaz; môi chất lạnh, môi chất, chất làm lạnh, ga lạnh; 冷媒"},
	{"", 1, "refill, charge added, top up, recharge, charge; dolum, şarj, eklenen; nạp, lượng nạp; 充填量, 充填, 補充"},
	{"", 1, "leak, leakage; kaçak; rò rỉ; 漏れ, 漏洩"},
	{"", 1, "emission, emissions, co2, co2e; emisyon, salım; phát thải; 排出, 排出量"},
	// Things and people.
	{"", 1, "meter; sayaç; công tơ, đồng hồ; メーター, 計器, 検針"},
	{"", 1, "equipment, device, asset, machine, appliance; ekipman, cihaz, makine; thiết bị, máy; 機器, 設備, 装置, 機械"},
	{"", 1, "vehicle, car; araç, taşıt; xe, phương tiện; 車両, 車"},
	{"", 1, "plate, license plate, licence plate, registration; plaka; biển số, biển số xe; ナンバー, 車両番号, 登録番号"},
	{"", 1, "supplier, vendor, provider; tedarikçi, satıcı, sağlayıcı; nhà cung cấp; " +
		"仕入先, 供給会社, 供給者, サプライヤー, 業者, 取引先"},
	{"", 1, "carrier, transporter, haulier, hauler; taşıyıcı, nakliyeci; đơn vị vận chuyển, nhà vận chuyển; 運搬業者, 収集運搬業者"},
	{"", 1, "customer, client, visitor; müşteri; khách hàng, khách; 顧客, 客, 来客, お客様"},
	{"", 1, "employee, emp, staff, personnel, worker, headcount; " +
		"çalışan, personel; " + //nolint:misspell // Turkish
		"nhân viên, nv, người lao động, lao động; " +
		"従業員, 社員, 職員, 人員"},
	{"", 1, "contractor, subcontractor; taşeron, yüklenici; nhà thầu, thầu phụ; 請負業者, 協力会社, 請負"},
	{"", 1, "technician, engineer; teknisyen; kỹ thuật viên; 技術者, 作業者, 技師"},
	{"", 1, "driver; sürücü, şoför; tài xế, lái xe; 運転手, 運転者"},
	{"", 1, "trainer, instructor, teacher; eğitmen; giảng viên; 講師"},
	{"", 1, "person in charge, responsible, owner; sorumlu; người phụ trách; 担当者, 担当"},
	{"", 1, "women, woman, female, females; kadın; nữ; 女性, 女"},
	{"", 1, "men, man, male, males; erkek; nam; 男性, 男"},
	{"", 1, "gender, sex; cinsiyet; giới tính; 性別"},
	{"", 1, "course, class; kurs, ders; khóa học, môn học; 講座, コース, 講習"},
	{"", 1, "training, education; eğitim; đào tạo, học, tập huấn; 研修, 教育, 訓練"},
	// Orders and journeys.
	{"order", 1, "order; sipariş; đơn hàng, đặt hàng; 注文, 発注"},
	{"order", 1, "purchase order, po; satın alma siparişi; đơn đặt hàng, po; 発注書, 注文書"},
	{"order", 1, "purchase, buy, procurement; satın alma, alım; mua, mua hàng; 購入, 調達, 仕入"},
	{"", 1, "product, item, material, goods; ürün, malzeme, kalem, stok; sản phẩm, hàng hóa, vật tư; 商品, 製品, 品目, 品名"},
	{"", 1, "delivery, shipment; teslimat, sevkiyat; giao hàng; 納品, 出荷, 配送"},
	{"", 1, "service, maintenance, inspection; bakım, servis; bảo trì, bảo dưỡng, dịch vụ; 点検, 保守, 整備, サービス"},
	{"", 0.5, "reading, read; okuma; đọc; 読取"},
	{"", 1, "departure, dep, depart; kalkış, gidiş; đi, khởi hành, xuất phát; 出発"},
	{"", 1, "arrival, arr, arrive; varış, geliş; đến; 到着"},
	{"", 1, "from, origin, departure place; nereden, kalkış yeri; từ, nơi đi, điểm đi; 出発地, 出発元, 発地"},
	{"", 1, "to, destination, dest; nereye, varış yeri; đến, nơi đến, điểm đến; 目的地, 到着地, 行き先, 行先"},
	{"", 1, "travel, trip, journey; seyahat, yolculuk; công tác, chuyến đi; 出張, 旅行"},
	{"", 1, "transport, transportation; ulaşım, taşıma; vận chuyển, giao thông; 交通, 輸送"},
	{"", 0.2, "target, subject; ilgili; đối tượng; 対象"},
	// Words that only join others.
	{"", 0, "of, the, for, in, by, a, an, and, at; ve, ile, için; của, và, cho; の"},
}

// noteWords stand in brackets behind a header and say nothing about what is in the column.
var noteWords = "required, mandatory, optional; zorunlu, isteğe bağlı, opsiyonel; bắt buộc, tùy chọn; 必須, 任意"

// vocabulary is the table as it is looked up.
type vocabulary struct {
	concepts []concept
	words    map[string][]int
	notes    map[string]bool
	// first holds the first words of entries of several, starts the first letters of all entries: most words of
	// headers that are not in the table are known by them not to be.
	first  map[string]bool
	starts map[[startLetters]rune]bool
	// longest is the length of the longest word, in runes.
	longest int
}

// vocab and the other tables of this package are made when they are first needed: most processes, those of scripts above
// all, never match a header, and all would wait for them.
var vocab = sync.OnceValue(newVocabulary)

func newVocabulary() *vocabulary {
	v := &vocabulary{
		words: make(map[string][]int), notes: make(map[string]bool),
		first: make(map[string]bool), starts: make(map[[startLetters]rune]bool),
	}
	families := map[string]uint64{"": 0}
	for i, row := range conceptTable {
		if _, ok := families[row.family]; !ok {
			families[row.family] = 1 << (len(families) - 1)
		}
		v.concepts = append(v.concepts, concept{families[row.family], row.weight})
		for _, word := range tableWords(row.words) {
			if known := v.words[word]; len(known) == 0 || known[len(known)-1] != i {
				v.words[word] = append(known, i)
			}
			v.longest = max(v.longest, utf8.RuneCountInString(word))
			if start, ok := startOf([]rune(word)); ok {
				v.starts[start] = true
			}
		}
		for _, word := range splitList(row.words) {
			if parts := splitWords(NormalizeName(word)); len(parts) > 1 {
				v.first[parts[0]] = true
			}
		}
	}
	for _, word := range tableWords(noteWords) {
		v.notes[word] = true
	}
	return v
}

func tableWords(list string) []string {
	var words []string
	for _, word := range splitList(list) {
		if key := compactKey(NormalizeName(word)); key != "" {
			words = append(words, key)
		}
	}
	return words
}

func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' })
}

// startLetters is how long a start is, and the shortest word that is looked for within a longer one.
const startLetters = 3

func startOf(runes []rune) (start [startLetters]rune, ok bool) {
	return start, copy(start[:], runes) == startLetters
}

// meanings finds the concepts of a word, also of its plural or of a Turkish word with its ending.
func (v *vocabulary) meanings(word string) []int {
	if known, ok := v.words[word]; ok {
		return known
	}
	if len(word) < 3 || strings.IndexByte("sriu", word[len(word)-1]) < 0 {
		return nil
	}
	for _, ending := range []string{"es", "s", "leri", "lari", "ler", "lar", "si", "su", "i", "u"} {
		stem, ok := strings.CutSuffix(word, ending)
		if !ok || len(stem) < 2 {
			continue
		}
		if known, ok := v.words[stem]; ok {
			return known
		}
		// A last k or t softens before a vowel: kaynak, kaynağı.
		if n := len(stem) - 1; n > 1 && (stem[n] == 'g' || stem[n] == 'd') {
			hard := stem[:n] + map[byte]string{'g': "k", 'd': "t"}[stem[n]]
			if known, ok := v.words[hard]; ok {
				return known
			}
		}
	}
	return nil
}
