package processor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"entrepot/definition"
)

// currency is what money a cell says it is; 0 for a number without one. Signs that several countries share are currencies
// of their own as long as the locale does not say whose.
type currency uint8

// currencies lists the codes (ISO 4217) and signs, each with its other spellings; it begins with none and shared signs.
var currencies = [][]string{
	{""},
	{"$"},
	{"¥", "￥"},
	{"kr"},
	{"Rs"},
	{"TRY", "TL", "Tl", "tl", "₺"},
	{"EUR", "€"},
	{"USD", "US$"},
	{"GBP", "£", "￡"},
	{"JPY", "円"},
	{"CNY", "元"},
	{"VND", "₫", "đ", "VNĐ"},
	{"INR", "₹"},
	{"CHF", "Fr", "SFr"},
	{"PLN", "zł"},
	{"BRL", "R$"},
	{"MXN", "MX$", "Mex$"},
	{"AUD", "A$", "AU$"},
	{"CAD", "C$", "CA$"},
	{"KRW", "₩", "원"},
	{"RUB", "₽"},
	{"UAH", "₴"},
	{"ILS", "₪"},
	{"KZT", "₸"},
	{"AZN", "₼"},
	{"GEL", "₾"},
	{"THB", "฿"},
	{"PHP", "₱"},
	{"NGN", "₦"},
	{"HKD", "HK$"},
	{"TWD", "NT$"},
	{"SGD", "S$"},
	{"NZD", "NZ$"},
	{"SEK"},
	{"NOK"},
	{"DKK"},
	{"CZK", "Kč"},
	{"HUF", "Ft"},
	{"RON"},
	{"BGN"},
	{"ZAR"},
	{"AED"},
	{"SAR"},
	{"QAR"},
	{"KWD"},
	{"EGP"},
	{"MAD"},
	{"IDR"},
	{"MYR"},
	{"CLP"},
	{"COP"},
	{"ARS"},
	{"PEN"},
}

// homeSigns are the shared signs that a country writes for its own currency.
var homeSigns = map[string]string{"USD": "$", "AUD": "$", "MXN": "$", "JPY": "¥", "INR": "Rs"}

var currencyByText = func() map[string]currency {
	all := make(map[string]currency)
	for i, spellings := range currencies {
		for _, s := range spellings {
			all[s] = currency(i)
		}
	}
	return all
}()

// String is the code, or the shared sign.
func (c currency) String() string { return currencies[c][0] }

// currencyOf finds what a sign or code means; 0 is none.
func (f *numberFormat) currencyOf(text []byte) currency {
	c := currencyByText[string(text)]
	if home := f.locale.Currency; c != 0 && home != "" && homeSigns[home] == c.String() {
		return currencyByText[home]
	}
	return c
}

// CurrencyError tells that a column holds amounts in two currencies, which no aggregate may mix.
type CurrencyError struct {
	Code    definition.ImportErrorCode
	Message string
	Params  []definition.Param
}

// Error is the message.
func (e *CurrencyError) Error() string { return e.Message }

// sighting is the first row that an amount in a currency was counted from.
type sighting struct {
	currency            currency
	order, number, line int64
}

// sight notes the currencies of a row that was counted.
func (w *Worker) sight(row *Row) {
	for i := range w.values {
		c := &w.plan.columns[i]
		if v := &w.values[i]; v.filled && v.currency != 0 && c.mixes {
			w.see(c.schema, sighting{v.currency, row.Order, row.Number, row.Line})
		}
	}
}

func (w *Worker) see(column int, s sighting) {
	if w.sightings == nil {
		w.sightings = make([][]sighting, len(w.plan.names))
	}
	seen := w.sightings[column]
	for i := range seen {
		if seen[i].currency == s.currency {
			if s.order < seen[i].order {
				seen[i] = s
			}
			return
		}
	}
	w.sightings[column] = append(seen, s)
}

// mixed is the first column with two currencies, as an error that names the first row of each.
func (w *Worker) mixed() error {
	for i, seen := range w.sightings {
		if len(seen) < 2 {
			continue
		}
		slices.SortFunc(seen, func(a, b sighting) int { return cmp.Compare(a.order, b.order) })
		a, b, name := seen[0], seen[1], w.plan.names[i]
		e := &CurrencyError{
			Code: definition.ErrorInvalidRows,
			Message: fmt.Sprintf("column '%s' mixes currencies: %s in row %d (line %d) and %s in row %d (line %d); "+
				"split the file or give each currency a column of its own",
				name, a.currency, a.number, a.line, b.currency, b.number, b.line),
			Params: []definition.Param{{Name: "rule", Value: "currency"}, {Name: "column", Value: name}},
		}
		for _, s := range []sighting{a, b} {
			e.Params = append(e.Params,
				definition.Param{Name: "currency", Value: s.currency.String()},
				definition.Param{Name: "row", Value: strconv.FormatInt(s.number, 10)},
				definition.Param{Name: "line", Value: strconv.FormatInt(s.line, 10)})
		}
		return e
	}
	return nil
}
