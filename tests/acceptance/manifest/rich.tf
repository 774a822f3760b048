import {
  to = datum_workload.web
  id = "web"
}

resource "datum_workload" "web" {
  metadata = {
    name        = "web"
    labels      = { "app.kubernetes.io/name" = "web", version = "1.10" }
    annotations = { note = "quoted \"text\", $${HOME}, %%{if}, $$${x}, a \\ and é" }
  }
  spec = {
    replicas = 2
    selector = { match_labels = { app = "web" } }
    provider = {
      name    = "gcp"
      zones   = ["a", "b"]
      options = { spot = false, weight = 1.5, on = [1, { deep = true }] }
    }
    template = {
      metadata = { labels = { app = "web" } }
      spec = {
        host_network                     = true
        termination_grace_period_seconds = 10
        init_containers = [{
          name    = "prepare"
          image   = "busybox:1"
          command = ["sh", "-c"]
          args = [
            <<-EOT
              set -e
                if [ -n "$${X}" ]; then
              	echo %%{x} "\t"
              fi

              exit 0
            EOT
            ,
            chomp(<<-EOT
              one
              two
            EOT
            ),
            "last\n\n",
            "  all\n  indented\n",
            "a  \n   \nb\n",
            "windows\r\n",
            "EOT\nEOT\n",
          ]
        }]
        containers = [
          {
            name  = "app"
            image = "nginx:1.25"
            ports = [
              { name = "http", container_port = 80 },
              { name = "https", container_port = 443, protocol = "TCP" },
            ]
            env = [
              { name = "EMPTY", value = "" },
              {
                name  = "SCRIPT"
                value = <<-EOT
                  a
                    b
                EOT
              },
              {
                name       = "SECRET"
                value_from = { secret_key_ref = { name = "s", key = "k", optional = false } }
              },
            ]
            resources = {
              requests = { cpu = "100m", memory = "128Mi" }
              limits   = { cpu = "2", memory = "512Mi" }
            }
            liveness_probe  = { http_get = { path = "/", port = 80 }, initial_delay_seconds = 3 }
            readiness_probe = { http_get = { path = "/", port = "http" } }
            volume_mounts = [
              { name = "secret", mount_path = "/secret", read_only = true },
              { name = "scratch", mount_path = "/scratch" },
            ]
          },
          {
            name  = "sidecar"
            image = "nginx:1.25"
            ports = []
            env = [
              { name = "EMPTY", value = "" },
              {
                name  = "SCRIPT"
                value = <<-EOT
                  a
                    b
                EOT
              },
              {
                name       = "SECRET"
                value_from = { secret_key_ref = { name = "s", key = "k", optional = false } }
              },
            ]
            resources = {
              requests = { cpu = "100m", memory = "128Mi" }
              limits   = { cpu = "2", memory = "512Mi" }
            }
            liveness_probe = { http_get = { path = "/", port = 80 }, initial_delay_seconds = 3 }
            volume_mounts = [
              { name = "secret", mount_path = "/secret", read_only = true },
              { name = "scratch", mount_path = "/scratch" },
            ]
          },
        ]
        volumes = [
          { name = "secret", secret = { secret_name = "s", default_mode = 256 } },
          { name = "scratch", empty_dir = {} },
        ]
      }
    }
  }
}
