package types

import "strings"

// abbreviations are the zones known by letters alone, PostgreSQL's default set, in quarters of an hour east of UTC.
var abbreviations = func() map[string]int8 {
	m := map[string]int8{}
	for quarters, names := range map[int8]string{
		-40: "hst taht",
		-38: "mart",
		-36: "akst gamt",
		-32: "akdt pst",
		-28: "mst pdt",
		-24: "cst galt mdt",
		-20: "act cdt cot est pet",
		-16: "amt ast bot edt",
		-14: "nft nst",
		-12: "adt bra brt clst gft pmst pyst uyt wgt",
		-10: "ndt",
		-8:  "brst fnt pmdt uyst wgst",
		-4:  "azot egt fnst",
		0:   "azost egst gmt uct ut utc wet z zulu",
		4:   "bst cet met mez wat wetdst",
		8:   "bdst cest cetdst eet ist mest mesz metdst sast",
		12:  "msk eat eest eetdst fet idt",
		14:  "irt",
		16:  "msd mut ret sct",
		18:  "aft",
		20:  "must mvt pkt tft tjt uzt",
		23:  "npt",
		24:  "almt bdt btt kgst pkst uzst xjt yekst",
		26:  "mmt",
		28:  "almst cxt ict wast",
		32:  "awst bnt bort cct hkt myt pht wadt",
		35:  "acwst",
		36:  "awsst jayt jst kst pwt ulast wdt",
		38:  "acst cast",
		40:  "aest chut ddut kdt ligt mpt pgt trut yapt",
		42:  "acdt acsst cadt lhst sadt",
		44:  "aedt aesst pont vut",
		48:  "fjt gilt mht nzst nzt tvt wakt wft",
		51:  "chast",
		52:  "fjst nzdt tot",
		55:  "chadt",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = quarters
		}
	}
	return m
}()

// movedAbbreviations are those whose offset has changed: they stand for a zone of the database.
var movedAbbreviations = func() map[string]string {
	m := map[string]string{}
	for zone, names := range map[string]string{
		"America/Argentina/Buenos_Aires": "arst art",
		"America/Asuncion":               "pyt",
		"America/Caracas":                "vet",
		"America/Guyana":                 "gyt",
		"America/Santiago":               "clt",
		"Antarctica/Davis":               "davt",
		"Antarctica/Mawson":              "mawt",
		"Asia/Anadyr":                    "anast anat",
		"Asia/Ashgabat":                  "tmt",
		"Asia/Baku":                      "azst azt",
		"Asia/Bishkek":                   "kgt",
		"Asia/Colombo":                   "lkt",
		"Asia/Irkutsk":                   "irkst irkt",
		"Asia/Kamchatka":                 "petst pett",
		"Asia/Krasnoyarsk":               "krast krat",
		"Asia/Magadan":                   "magst magt",
		"Asia/Novosibirsk":               "novst novt",
		"Asia/Omsk":                      "omsst omst",
		"Asia/Singapore":                 "sgt",
		"Asia/Tbilisi":                   "gest get",
		"Asia/Ulaanbaatar":               "ulat",
		"Asia/Vladivostok":               "vlast vlat",
		"Asia/Yakutsk":                   "yakst yakt",
		"Asia/Yekaterinburg":             "yekt",
		"Asia/Yerevan":                   "amst",
		"Atlantic/Stanley":               "fkst fkt",
		"Australia/Lord_Howe":            "lhdt",
		"Europe/Volgograd":               "volt",
		"Indian/Chagos":                  "iot",
		"Pacific/Easter":                 "easst east",
		"Pacific/Fakaofo":                "tkt",
		"Pacific/Kiritimati":             "lint",
		"Pacific/Kosrae":                 "kost",
		"Pacific/Niue":                   "nut",
		"Pacific/Rarotonga":              "ckt",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = zone
		}
	}
	return m
}()
