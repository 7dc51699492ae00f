package countyfile

import "github.com/villagecast/villagecast/scheduler/client"

// fault is an error of the file itself, in the shape of the centre's own.
func fault(field, value, message, remedy string) error {
	return &client.Error{Problem: client.Problem{Title: "The county file is wrong", Status: 422, Code: "invalid",
		Errors: []client.ProblemField{{Field: field, Value: value, Message: message, Remedy: remedy}}}}
}
