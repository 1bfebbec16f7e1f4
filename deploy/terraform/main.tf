# Patchbay in a Kubernetes cluster that is there, with a PostgreSQL and a Redis that AWS
# keeps. An example to begin with: sizes, networks and backups are yours to choose.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws        = { source = "hashicorp/aws", version = "~> 6.0" }
    helm       = { source = "hashicorp/helm", version = "~> 3.0" }
    kubernetes = { source = "hashicorp/kubernetes", version = "~> 2.38" }
    random     = { source = "hashicorp/random", version = "~> 3.7" }
  }
}

provider "aws" {
  region = var.region
}

provider "kubernetes" {
  config_path = var.kubeconfig
}

provider "helm" {
  kubernetes = { config_path = var.kubeconfig }
}

locals {
  database_url = "postgres://${aws_db_instance.patchbay.username}:${random_password.database.result}@${aws_db_instance.patchbay.endpoint}/${aws_db_instance.patchbay.db_name}?sslmode=require"
  redis_url    = "rediss://:${random_password.redis.result}@${aws_elasticache_replication_group.patchbay.primary_endpoint_address}:6379/0"
}

resource "random_password" "database" {
  length  = 40
  special = false # it stands in an address
}

resource "random_password" "redis" {
  length  = 40
  special = false
}

resource "random_password" "metrics" {
  length  = 40
  special = false
}

# The master key: with it every credential opens, and without it none. It is in
# Terraform's state, so that this has to be kept as a secret is.
resource "random_bytes" "master_key" {
  length = 32
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "data" {
  name_prefix = "patchbay-data-"
  description = "PostgreSQL and Redis of Patchbay, for the nodes of the cluster"
  vpc_id      = var.vpc_id

  ingress {
    description     = "PostgreSQL"
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [var.node_security_group_id]
  }
  ingress {
    description     = "Redis"
    from_port       = 6379
    to_port         = 6379
    protocol        = "tcp"
    security_groups = [var.node_security_group_id]
  }
}

resource "aws_db_subnet_group" "patchbay" {
  name_prefix = "patchbay-"
  subnet_ids  = var.subnet_ids
}

resource "aws_db_instance" "patchbay" {
  identifier_prefix         = "patchbay-"
  engine                    = "postgres"
  engine_version            = "17"
  instance_class            = var.database_class
  allocated_storage         = 50
  max_allocated_storage     = 500
  storage_encrypted         = true
  multi_az                  = true
  db_name                   = "patchbay"
  username                  = "patchbay"
  password                  = random_password.database.result
  db_subnet_group_name      = aws_db_subnet_group.patchbay.name
  vpc_security_group_ids    = [aws_security_group.data.id]
  backup_retention_period   = 14
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "patchbay-final"
}

resource "aws_elasticache_subnet_group" "patchbay" {
  name       = "patchbay"
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "patchbay" {
  name   = "patchbay"
  family = "redis7"
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "patchbay" {
  replication_group_id       = "patchbay"
  description                = "Patchbay"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = var.redis_class
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = random_password.redis.result
  parameter_group_name       = aws_elasticache_parameter_group.patchbay.name
  subnet_group_name          = aws_elasticache_subnet_group.patchbay.name
  security_group_ids         = [aws_security_group.data.id]
}

resource "kubernetes_namespace_v1" "patchbay" {
  metadata {
    name = "patchbay"
  }
}

resource "kubernetes_secret_v1" "patchbay" {
  metadata {
    name      = "patchbay"
    namespace = kubernetes_namespace_v1.patchbay.metadata[0].name
  }
  data = {
    PATCHBAY_DATABASE_URL  = local.database_url
    PATCHBAY_REDIS_URL     = local.redis_url
    PATCHBAY_MASTER_KEY    = random_bytes.master_key.base64
    PATCHBAY_METRICS_TOKEN = random_password.metrics.result
  }
}

resource "helm_release" "patchbay" {
  name       = "patchbay"
  namespace  = kubernetes_namespace_v1.patchbay.metadata[0].name
  repository = "oci://ghcr.io/patchbay-dev/charts"
  chart      = "patchbay"
  version    = var.patchbay_version
  timeout    = 1800 # migrations are waited for

  values = [yamlencode({
    settings = {
      PUBLIC_URL      = var.public_url
      TRUSTED_PROXIES = var.vpc_cidr
    }
    secrets = { existingSecret = kubernetes_secret_v1.patchbay.metadata[0].name }
    ingress = { enabled = true, className = var.ingress_class }
    networkPolicy = {
      postgres = { port = 5432, to = [{ ipBlock = { cidr = var.vpc_cidr } }] }
      redis    = { port = 6379, to = [{ ipBlock = { cidr = var.vpc_cidr } }] }
    }
    work = { autoscaling = { enabled = true } }
  })]
}
