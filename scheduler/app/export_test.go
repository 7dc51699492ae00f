package app

// Table is the web server's route table.
func (a *App) Table() ([]Route, error) { return a.routes() }
