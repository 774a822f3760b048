variable "name" {
  description = "The name of the application, which is also the workload's."
  type        = string
}

variable "namespace" {
  description = "The namespace of the project."
  type        = string
}

variable "image" {
  description = "The image to run."
  type        = string
}

variable "replicas" {
  description = "How many replicas to run. Null leaves the number to an autoscaler."
  type        = number
  default     = null
}

variable "ports" {
  description = "The ports to serve, by name."
  type        = map(number)
  default     = {}
}

variable "env" {
  description = "Environment variables, by name."
  type        = map(string)
  default     = {}
}

variable "limits" {
  description = "What a replica may use at most."
  type = object({
    cpu    = optional(string)
    memory = optional(string, "256Mi")
  })
  default = {}
}
