package countyfile

import (
	"strings"

	"github.com/villagecast/villagecast/scheduler/client"
)

// fault is an error of the file itself, in the shape and the language of the
// centre's own; message and remedy are in Chinese and English.
func (p *Plan) fault(field, value string, message, remedy [2]string) error {
	in, said := 1, ""
	if strings.HasPrefix(p.c.Language, "zh") {
		in, said = 0, field+": "+message[0]+"（给的是“"+value+"”）；"+remedy[0]
	}
	return &client.Error{Problem: client.Problem{Title: [2]string{"县文件有错", "The county file is wrong"}[in], Status: 422, Code: "invalid", Detail: said,
		Errors: []client.ProblemField{{Field: field, Value: value, Message: message[in], Remedy: remedy[in]}}}}
}
