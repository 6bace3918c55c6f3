package definition

import "sync"

// monthNames lists the names and usual short forms of the months, language by language, as NormalizeName writes them. A
// name that two languages share must mean the same month in both.
var monthNames = [][12][]string{
	{ // English
		{"january", "jan"},
		{"february", "feb"},
		{"march", "mar"},
		{"april", "apr"},
		{"may"},
		{"june", "jun"},
		{"july", "jul"},
		{"august", "aug"},
		{"september", "sep", "sept"},
		{"october", "oct"},
		{"november", "nov"},
		{"december", "dec"},
	},
	{ // Turkish
		{"ocak", "oca"},
		{"subat", "sub"},
		{"mart", "mar"},
		{"nisan", "nis"},
		{"mayis", "may"},
		{"haziran", "haz"},
		{"temmuz", "tem"},
		{"agustos", "agu"},
		{"eylul", "eyl"},
		{"ekim", "eki"},
		{"kasim", "kas"},
		{"aralik", "ara"},
	},
	{ // German
		{"januar", "janner", "jan"},
		{"februar", "feber", "feb"},
		{"marz", "maerz", "mrz"},
		{"april", "apr"},
		{"mai"},
		{"juni", "jun"},
		{"juli", "jul"},
		{"august", "aug"},
		{"september", "sep"},
		{"oktober", "okt"},
		{"november", "nov"},
		{"dezember", "dez"},
	},
	{ // French
		{"janvier", "janv"},
		{"fevrier", "fevr", "fev"},
		{"mars"},
		{"avril", "avr"},
		{"mai"},
		{"juin"},
		{"juillet", "juil"},
		{"aout"},
		{"septembre", "sept"},
		{"octobre", "oct"},
		{"novembre", "nov"},
		{"decembre", "dec"}, //nolint:misspell // French
	},
	{ // Spanish
		{"enero", "ene"},
		{"febrero", "feb"},
		{"marzo", "mar"},
		{"abril", "abr"},
		{"mayo", "may"},
		{"junio", "jun"},
		{"julio", "jul"},
		{"agosto", "ago"},
		{"septiembre", "setiembre", "sept", "set"},
		{"octubre", "oct"},
		{"noviembre", "nov"},
		{"diciembre", "dic"},
	},
	{ // Italian
		{"gennaio", "gen"},
		{"febbraio", "feb"},
		{"marzo", "mar"},
		{"aprile", "apr"},
		{"maggio", "mag"},
		{"giugno", "giu"},
		{"luglio", "lug"},
		{"agosto", "ago"},
		{"settembre", "set"},
		{"ottobre", "ott"},
		{"novembre", "nov"},
		{"dicembre", "dic"},
	},
	{ // Dutch
		{"januari", "jan"},
		{"februari", "feb"},
		{"maart", "mrt"},
		{"april", "apr"},
		{"mei"},
		{"juni", "jun"},
		{"juli", "jul"},
		{"augustus", "aug"},
		{"september", "sep"},
		{"oktober", "okt"},
		{"november", "nov"},
		{"december", "dec"},
	},
	{ // Portuguese
		{"janeiro", "jan"},
		{"fevereiro", "fev"},
		{"marco", "mar"},
		{"abril", "abr"},
		{"maio", "mai"},
		{"junho", "jun"},
		{"julho", "jul"},
		{"agosto", "ago"},
		{"setembro", "set"},
		{"outubro", "out"},
		{"novembro", "nov"},
		{"dezembro", "dez"},
	},
	{ // Polish, and its genitive, which stands in dates
		{"styczen", "stycznia", "sty"},
		{"luty", "lutego", "lut"},
		{"marzec", "marca", "mar"},
		{"kwiecien", "kwietnia", "kwi"},
		{"maj", "maja"},
		{"czerwiec", "czerwca", "cze"},
		{"lipiec", "lipca", "lip"},
		{"sierpien", "sierpnia", "sie"},
		{"wrzesien", "wrzesnia", "wrz"},
		{"pazdziernik", "pazdziernika", "paz"},
		{"listopad", "listopada", "lis"},
		{"grudzien", "grudnia", "gru"},
	},
}

const longestMonthName = 32 // bytes, before normalisation

var monthByName = sync.OnceValue(func() map[string]int {
	months := make(map[string]int)
	for _, language := range monthNames {
		for month, names := range language {
			for _, name := range names {
				months[name] = month + 1
			}
		}
	}
	return months
})

// MonthNumber is the month (1 to 12) that a word names, in English, Turkish, German, French, Spanish, Italian, Dutch,
// Portuguese or Polish, in full or short, with or without a full stop after it; 0 when it names none. Case and accents do
// not count.
func MonthNumber(name []byte) int {
	if n := len(name); n > 1 && name[n-1] == '.' {
		name = name[:n-1]
	}
	if len(name) == 0 || len(name) > longestMonthName {
		return 0
	}
	var lower [longestMonthName]byte
	for i, b := range name {
		if b >= 0x80 {
			return monthByName()[NormalizeName(string(name))]
		}
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	return monthByName()[string(lower[:len(name)])]
}
