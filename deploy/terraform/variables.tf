variable "public_url" {
  description = "Where browsers find Patchbay."
  type        = string
  validation {
    condition     = can(regex("^https://[^/]+$", var.public_url))
    error_message = "Give a scheme and a host, such as https://patchbay.example.com."
  }
}

variable "patchbay_version" {
  description = "Of the chart and the images."
  type        = string
  default     = "0.1.0"
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "kubeconfig" {
  description = "The file by which the cluster is reached."
  type        = string
  default     = "~/.kube/config"
}

variable "vpc_id" {
  description = "The network of the cluster."
  type        = string
}

variable "vpc_cidr" {
  description = "Its addresses."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in two zones or more."
  type        = list(string)
}

variable "node_security_group_id" {
  description = "The security group of the cluster's nodes."
  type        = string
}

variable "ingress_class" {
  type    = string
  default = "nginx"
}

variable "database_class" {
  type    = string
  default = "db.m7g.large"
}

variable "redis_class" {
  type    = string
  default = "cache.t4g.small"
}
