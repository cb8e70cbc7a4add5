module create_pods

go 1.24
