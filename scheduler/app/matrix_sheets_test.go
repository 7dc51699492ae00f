package app_test

import "encoding/base64"

// table is the sample of a route that reads a spreadsheet of one row.
func table(needs, path, head string, row func(id, area string) string) sample {
	return sample{needs: needs, ask: func(f *fixture, area string) (string, string) {
		return path, `{"table":"` + base64.StdEncoding.EncodeToString([]byte(head+"\n"+row(f.id("n"), area))) + `"}`
	}}
}

func init() {
	samples["import-people"] = table("people area", "/people/import", "account,name,role,area", func(id, area string) string { return id + ",x,editor," + area })
	samples["import-units"] = table("place area", "/units/import", "unit,village", func(id, area string) string { return id + "," + area })
	samples["give-cards"] = about("people area", "/people/cards", (*fixture).person, `{"people":["%s"]}`)
}
